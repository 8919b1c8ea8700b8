-- Of several pushes that take the same version at once, one is stored: each insert of a version has the version as its token.
ALTER TABLE datasets MODIFY SETTING non_replicated_deduplication_window = 1000;
