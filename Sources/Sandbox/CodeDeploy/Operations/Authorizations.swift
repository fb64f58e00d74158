import SlipwayCore
import Synchronization

/// The members of an input that name what an operation is done to.
private struct Subjects: Decodable {
    var applicationName: String?
    var applicationNames: [String]?
    var deploymentGroupName: String?
    var currentDeploymentGroupName: String?
    var deploymentGroupNames: [String]?
    var deploymentConfigName: String?
    var deploymentId: String?
    var deploymentIds: [String]?
    var revision: RevisionLocation?
    var resourceArn: String?

    enum CodingKeys: String, CodingKey {
        case applicationName, applicationNames, deploymentGroupName, currentDeploymentGroupName
        case deploymentGroupNames, deploymentConfigName, deploymentId, deploymentIds, revision
        case resourceArn = "ResourceArn"
    }
}

extension CodeDeploy {
    /// The action of the operation on each thing that the input names, as AWS's service
    /// authorization reference lists them; for CreateDeployment what AWS asks besides.
    package func authorizations(
        _ operation: String, _ bytes: [UInt8]
    ) throws(AWSFault) -> [Authorization] {
        let operation = try Operation(named: operation)
        let subjects: Subjects = try input(bytes)
        return switch operation {
        case .createApplication, .getApplication, .updateApplication, .deleteApplication,
            .registerApplicationRevision, .getApplicationRevision, .batchGetApplicationRevisions,
            .listApplicationRevisions, .listDeploymentGroups:
            [allow(operation, try application(subjects))]
        case .batchGetApplications:
            (subjects.applicationNames ?? []).map { allow(operation, arn("application:\($0)")) }
        case .createDeploymentGroup, .getDeploymentGroup, .deleteDeploymentGroup:
            [allow(operation, try group(subjects, subjects.deploymentGroupName))]
        case .updateDeploymentGroup:
            [allow(operation, try group(subjects, subjects.currentDeploymentGroupName))]
        case .batchGetDeploymentGroups:
            try groups(subjects).map { allow(operation, $0) }
        case .createDeploymentConfig, .getDeploymentConfig, .deleteDeploymentConfig:
            [allow(operation, try configuration(subjects.deploymentConfigName))]
        case .createDeployment: try createDeploymentAuthorizations(subjects)
        case .getDeployment, .listDeploymentInstances, .getDeploymentInstance,
            .batchGetDeploymentInstances:
            [allow(operation, groupARN(of: try Check.deploymentID(subjects.deploymentId)))]
        case .batchGetDeployments:
            (subjects.deploymentIds ?? []).map { allow(operation, groupARN(of: $0)) }
        case .listDeployments where subjects.applicationName != nil:
            [allow(operation, try group(subjects, subjects.deploymentGroupName))]
        case .tagResource, .untagResource, .listTagsForResource:
            [allow(operation, subjects.resourceArn ?? "*")]
        default:
            // AWS limits these to no resource.
            [allow(operation, "*")]
        }
    }

    /// Besides its own action: to read the configuration that is used, and to read the revision or,
    /// where it is not registered yet, to register it.
    private func createDeploymentAuthorizations(
        _ subjects: Subjects
    ) throws(AWSFault) -> [Authorization] {
        let application = try application(subjects)
        let group = try group(subjects, subjects.deploymentGroupName)
        let (configName, isRegistered) = state.withLock { state in
            let record = state.application(named: subjects.applicationName ?? "")
            let group = record.flatMap {
                state.group(named: subjects.deploymentGroupName ?? "", of: $0)
            }
            let known = record.flatMap { state.revisions[$0.id] } ?? [:]
            return (
                subjects.deploymentConfigName ?? group?.configName,
                subjects.revision.map { known[$0.normalized] != nil } ?? true
            )
        }
        let configuration = configName ?? PredefinedConfiguration.oneAtATime.name
        return [
            allow(.createDeployment, group),
            allow(.getDeploymentConfig, arn("deploymentconfig:\(configuration)")),
            allow(
                isRegistered ? .getApplicationRevision : .registerApplicationRevision, application),
        ]
    }

    private func application(_ subjects: Subjects) throws(AWSFault) -> String {
        arn("application:\(try NameKind.application.checked(subjects.applicationName))")
    }

    private func group(_ subjects: Subjects, _ name: String?) throws(AWSFault) -> String {
        let application = try NameKind.application.checked(subjects.applicationName)
        return arn("deploymentgroup:\(application)/\(try NameKind.group.checked(name))")
    }

    private func groups(_ subjects: Subjects) throws(AWSFault) -> [String] {
        let application = try NameKind.application.checked(subjects.applicationName)
        return (subjects.deploymentGroupNames ?? []).map {
            arn("deploymentgroup:\(application)/\($0)")
        }
    }

    private func configuration(_ name: String?) throws(AWSFault) -> String {
        arn("deploymentconfig:\(try NameKind.configuration.checked(name))")
    }

    /// The group that a deployment is of; any, where there is no such deployment.
    private func groupARN(of deployment: String) -> String {
        state.withLock { state in
            guard let record = state.deployments[deployment]?.record else {
                return arn("deploymentgroup:*")
            }
            return arn("deploymentgroup:\(record.applicationName)/\(record.groupName)")
        }
    }

    private func allow(_ operation: Operation, _ resource: String) -> Authorization {
        Authorization(action: "codedeploy:\(operation.rawValue)", resource: resource)
    }

    /// The name of something of CodeDeploy's for the whole of AWS.
    func arn(_ resource: String) -> String {
        "arn:\(region.partition):codedeploy:\(region):\(account):\(resource)"
    }
}
