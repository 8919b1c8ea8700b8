-- A key is `weir_<key_id>_<secret>`. Revoking writes the row again with the same `created` and `revoked` = 1: of rows with
-- equal versions the one inserted last stays.
ALTER TABLE api_keys ADD COLUMN IF NOT EXISTS key_id String COMMENT 'public part of the key, to name it by' AFTER project;
