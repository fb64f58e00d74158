-- When CodeDeploy was first about to be asked for the deployment. NULL: it never was, so that
-- nothing can have been deployed, whatever became of the process.
ALTER TABLE deployment ADD COLUMN requested_at TEXT;

-- Of an earlier attempt whose end is not known it is not known either: there may be a deployment.
UPDATE deployment SET requested_at = started_at WHERE outcome IS NULL;
