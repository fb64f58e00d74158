/// CodeDeploy's errors, by AWS's names. Each is answered with HTTP 400.
extension AWSFault {
    private static func exception(_ name: String, _ message: String) -> Self {
        AWSFault(code: name + "Exception", message: message)
    }

    static func required(_ what: String, _ name: String) -> Self {
        exception("\(what)Required", "\(name) is missing")
    }

    /// `Invalid…Exception`.
    static func invalid(_ what: String, _ message: String) -> Self {
        exception("Invalid\(what)", message)
    }

    /// What AWS has and the sandbox has not, under the error that AWS has for something like it.
    static func notSupported(_ name: String, _ what: String) -> Self {
        exception(name, "\(what) not supported by the sandbox")
    }

    /// GetApplication's own words; the other operations say ``noApplications(account:)``.
    static func applicationDoesNotExist(_ name: String) -> Self {
        exception("ApplicationDoesNotExist", "No application found for name: \(name)")
    }

    static func noApplications(account: String) -> Self {
        exception("ApplicationDoesNotExist", "Applications not found for \(account)")
    }

    static func applicationAlreadyExists(_ name: String) -> Self {
        exception("ApplicationAlreadyExists", "Application already exists: \(name)")
    }

    static func groupDoesNotExist(_ name: String) -> Self {
        exception("DeploymentGroupDoesNotExist", "No Deployment Group found for name: \(name)")
    }

    static func groupAlreadyExists(_ name: String) -> Self {
        exception("DeploymentGroupAlreadyExists", "Deployment group already exists: \(name)")
    }

    static func configDoesNotExist(_ name: String) -> Self {
        exception(
            "DeploymentConfigDoesNotExist", "No Deployment Configuration found for name: \(name)")
    }

    static func configAlreadyExists(_ name: String) -> Self {
        exception(
            "DeploymentConfigAlreadyExists", "Deployment configuration already exists: \(name)")
    }

    static func configInUse(_ name: String) -> Self {
        exception("DeploymentConfigInUse", "A deployment group uses the configuration \(name)")
    }

    static let configCannotBeDeleted = exception(
        "InvalidOperation", "The deployment configurations of CodeDeploy cannot be deleted")

    static func revisionDoesNotExist(_ application: String) -> Self {
        exception(
            "RevisionDoesNotExist",
            "No revision with this location is registered with the application \(application)")
    }

    static func deploymentDoesNotExist(_ id: String) -> Self {
        exception("DeploymentDoesNotExist", "The deployment \(id) could not be found")
    }

    static func deploymentNotStarted(_ id: String) -> Self {
        exception("DeploymentNotStarted", "The deployment \(id) has not started")
    }

    static func deploymentAlreadyCompleted(_ id: String) -> Self {
        exception("DeploymentAlreadyCompleted", "The deployment \(id) has already completed")
    }

    /// Only one deployment of a group goes on at a time. Clients look for the id in the words.
    static func groupIsBusy(_ group: String, active: String) -> Self {
        exception(
            "DeploymentLimitExceeded",
            "The Deployment Group '\(group)' already has an active Deployment '\(active)'")
    }

    static func targetDoesNotExist(_ id: String, deployment: String) -> Self {
        exception(
            "DeploymentTargetDoesNotExist",
            "The deployment \(deployment) has no target with the id \(id)")
    }

    static func instanceDoesNotExist(_ id: String) -> Self {
        exception("InstanceDoesNotExist", "No instance found for id: \(id)")
    }

    /// `…LimitExceededException`.
    static func limit(_ what: String, _ limit: Int, of things: String) -> Self {
        exception("\(what)LimitExceeded", "The limit is \(limit) \(things)")
    }

    static let instanceTypeInPlace = exception(
        "InvalidDeploymentInstanceType",
        "An instance type was specified for an in-place deployment. Instance types are supported "
            + "for blue/green deployments only.")

    static func targetListTooLong(_ limit: Int) -> Self {
        exception("DeploymentTargetListSizeExceeded", "The limit is \(limit) target ids")
    }

    static func descriptionTooLong(_ limit: Int) -> Self {
        exception("DescriptionTooLong", "A description has at most \(limit) characters")
    }

    static let bucketFilterRequired = exception(
        "BucketNameFilterRequired", "A key prefix is used only with a bucket name")

    static func unsupportedAction(_ operation: String) -> Self {
        exception(
            "UnsupportedActionForDeploymentType", "\(operation) is not supported by the sandbox")
    }

    static func unknownOperation(_ operation: String) -> Self {
        exception("UnknownOperation", "CodeDeploy has no operation \(operation)")
    }
}
