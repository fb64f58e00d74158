-- What was deployed. A row begins before anything is done, so that an attempt that was killed is
-- still told of; its end is written when it is known.

CREATE TABLE deployment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    application TEXT NOT NULL CHECK (length(application) BETWEEN 1 AND 100),
    deployment_group TEXT NOT NULL CHECK (length(deployment_group) BETWEEN 1 AND 100),
    region TEXT NOT NULL CHECK (length(region) BETWEEN 1 AND 64),
    section TEXT,
    branch TEXT,
    tag TEXT,
    commit_id TEXT CHECK (length(commit_id) IN (40, 64)),
    build_number INTEGER CHECK (build_number >= 0),
    -- What CodeDeploy was told of it: by this a lost one is found again.
    description TEXT,
    bucket TEXT CHECK (length(bucket) BETWEEN 3 AND 63),
    key TEXT CHECK (length(CAST(key AS BLOB)) BETWEEN 1 AND 1024),
    object_version TEXT,
    e_tag TEXT,
    bundle_type TEXT,
    -- CodeDeploy's id, once there is one.
    deployment_id TEXT,
    rollback_id TEXT,
    -- NULL: not known. It is under way, or slipway was ended before it knew.
    outcome TEXT CHECK (outcome IN (
        'succeeded', 'failed', 'stopped', 'timed_out', 'busy', 'refused', 'invalid',
        'interrupted', 'created'
    )),
    started_at TEXT NOT NULL,
    started_by TEXT NOT NULL,
    ended_at TEXT,
    CHECK ((bucket IS NULL) = (key IS NULL)),
    CHECK ((bucket IS NULL) = (bundle_type IS NULL)),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
) STRICT;

CREATE INDEX deployment_project ON deployment (project_id, id);
CREATE INDEX deployment_name ON deployment (deployment_id);
