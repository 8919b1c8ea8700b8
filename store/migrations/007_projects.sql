-- A key is `weir_<key_id>_<secret>`. Revoking writes the row again with the same `created` and `revoked` = 1: of rows with
-- equal versions the one inserted last stays.
CREATE TABLE IF NOT EXISTS api_keys
(
    project LowCardinality(String),
    key_id String COMMENT 'public part of the key, to name it by',
    key_hash FixedString(32) COMMENT 'SHA-256; the key itself is never stored',
    name String,
    created DateTime64(3, 'UTC') DEFAULT now64(3),
    revoked UInt8 DEFAULT 0
)
ENGINE = ReplacingMergeTree(created)
ORDER BY (project, key_hash);
