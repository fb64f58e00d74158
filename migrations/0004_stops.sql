-- Who had slipway stop a deployment: AWS says only that somebody did. A row is written before AWS is
-- asked, so that whoever sees the deployment stopped finds it.

CREATE TABLE deployment_stop (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    -- CodeDeploy's id, which need not be one of this store's: it may be a rollback's.
    deployment_id TEXT NOT NULL,
    -- NULL: as the group's settings say.
    rolls_back INTEGER CHECK (rolls_back IN (0, 1)),
    -- Whether AWS took the order. NULL: not known. It is under way, or slipway was ended before the
    -- answer.
    is_taken INTEGER CHECK (is_taken IN (0, 1)),
    asked_at TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_on TEXT NOT NULL
) STRICT;

CREATE INDEX deployment_stop_project ON deployment_stop (project_id);
CREATE INDEX deployment_stop_deployment ON deployment_stop (deployment_id, id);
