-- What a store is. Frozen once landed: a change is a new file.
-- Times are UTC in ISO 8601 with milliseconds. Sealed records: Sources/KeyVault/FORMAT.md.

-- "SLWP": how slipway knows its own files.
PRAGMA application_id = 1397512016;

CREATE TABLE store_key (
    generation INTEGER PRIMARY KEY CHECK (generation BETWEEN 1 AND 4294967295),
    created_at TEXT NOT NULL,
    -- The key itself, sealed under the newer generation: set while a rotation is under way.
    sealed_key BLOB
) STRICT;

CREATE TABLE store (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    id TEXT NOT NULL CHECK (length(id) = 36),
    created_at TEXT NOT NULL,
    -- The generation that new secrets are sealed under.
    generation INTEGER NOT NULL REFERENCES store_key (generation)
) STRICT;

CREATE TABLE unlocker (
    id TEXT PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('key', 'passphrase')),
    label TEXT NOT NULL,
    public_key BLOB NOT NULL CHECK (length(public_key) = 32),
    check_value BLOB NOT NULL CHECK (length(check_value) = 32),
    wrapped_key BLOB NOT NULL CHECK (length(wrapped_key) = 88),
    sealed_preshared_key BLOB NOT NULL,
    generation INTEGER NOT NULL REFERENCES store_key (generation),
    scrypt_log_rounds INTEGER CHECK (scrypt_log_rounds BETWEEN 10 AND 20),
    scrypt_salt BLOB CHECK (length(scrypt_salt) = 16),
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    CHECK ((kind = 'passphrase') = (scrypt_log_rounds IS NOT NULL)),
    CHECK ((kind = 'passphrase') = (scrypt_salt IS NOT NULL))
) STRICT;

CREATE TABLE project (
    -- Never used again: secrets are bound to it.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 3 AND 255),
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    -- The newest version that AWS keys of this project had: a removed one's number is not reused.
    keys_version INTEGER NOT NULL DEFAULT 0 CHECK (keys_version >= 0)
) STRICT;

CREATE TABLE aws_keys (
    project_id INTEGER PRIMARY KEY REFERENCES project (id) ON DELETE CASCADE,
    version INTEGER NOT NULL CHECK (version >= 1),
    access_key_id TEXT NOT NULL CHECK (length(access_key_id) BETWEEN 16 AND 128),
    secret_access_key BLOB NOT NULL,
    session_token BLOB,
    generation INTEGER NOT NULL REFERENCES store_key (generation),
    saved_at TEXT NOT NULL,
    saved_by TEXT NOT NULL
) STRICT;

CREATE INDEX aws_keys_generation ON aws_keys (generation);

CREATE TABLE application (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- The newest version of its settings.
    version INTEGER NOT NULL CHECK (version >= 1),
    UNIQUE (project_id, name)
) STRICT;

-- Every version that the settings of an application ever had; none is changed or deleted alone.
CREATE TABLE settings_version (
    application_id INTEGER NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    version INTEGER NOT NULL CHECK (version >= 1),
    -- 1: this version has no settings; the application was unset.
    removed INTEGER NOT NULL CHECK (removed IN (0, 1)),
    application_root TEXT CHECK (application_root LIKE '/%'),
    region TEXT CHECK (length(region) BETWEEN 1 AND 64),
    bucket TEXT CHECK (length(bucket) BETWEEN 3 AND 63),
    key_pattern TEXT CHECK (length(key_pattern) > 0),
    saved_at TEXT NOT NULL,
    saved_by TEXT NOT NULL,
    PRIMARY KEY (application_id, version),
    CHECK ((bucket IS NULL) = (key_pattern IS NULL)),
    CHECK (NOT removed OR (application_root IS NULL AND region IS NULL AND bucket IS NULL))
) STRICT, WITHOUT ROWID;

-- The settings that applications have now.
CREATE VIEW current_settings AS
    SELECT a.project_id, a.name, v.* FROM application a
    JOIN settings_version v ON v.application_id = a.id AND v.version = a.version
    WHERE NOT v.removed;

CREATE TABLE audit_key (
    -- The generation of the store key that it began with.
    version INTEGER PRIMARY KEY CHECK (version >= 1),
    sealed_key BLOB NOT NULL,
    generation INTEGER NOT NULL REFERENCES store_key (generation)
) STRICT;

CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY CHECK (sequence >= 1),
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    host TEXT NOT NULL,
    project TEXT,
    action TEXT NOT NULL,
    subject TEXT,
    -- JSON, or NULL.
    old TEXT,
    new TEXT,
    key_version INTEGER NOT NULL REFERENCES audit_key (version),
    tag BLOB NOT NULL CHECK (length(tag) = 32)
) STRICT;

CREATE INDEX audit_project ON audit (project, sequence);

CREATE TRIGGER audit_is_not_updated BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only ever appended to');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only ever appended to');
END;

-- REPLACE would delete a row without asking the trigger above.
CREATE TRIGGER audit_is_appended_to BEFORE INSERT ON audit
WHEN NEW.sequence <= (SELECT max(sequence) FROM audit)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only ever appended to');
END;

-- The end of the log, so that rows cut off behind are missed.
CREATE TABLE audit_head (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    tag BLOB NOT NULL,
    key_version INTEGER NOT NULL REFERENCES audit_key (version),
    head_tag BLOB NOT NULL CHECK (length(head_tag) = 32)
) STRICT;
