/// CodeDeploy's operations.
enum Operation: String, CaseIterable, Sendable {
    case createApplication = "CreateApplication"
    case getApplication = "GetApplication"
    case batchGetApplications = "BatchGetApplications"
    case listApplications = "ListApplications"
    case updateApplication = "UpdateApplication"
    case deleteApplication = "DeleteApplication"

    case createDeploymentGroup = "CreateDeploymentGroup"
    case getDeploymentGroup = "GetDeploymentGroup"
    case batchGetDeploymentGroups = "BatchGetDeploymentGroups"
    case listDeploymentGroups = "ListDeploymentGroups"
    case updateDeploymentGroup = "UpdateDeploymentGroup"
    case deleteDeploymentGroup = "DeleteDeploymentGroup"

    case createDeploymentConfig = "CreateDeploymentConfig"
    case getDeploymentConfig = "GetDeploymentConfig"
    case listDeploymentConfigs = "ListDeploymentConfigs"
    case deleteDeploymentConfig = "DeleteDeploymentConfig"

    case registerApplicationRevision = "RegisterApplicationRevision"
    case getApplicationRevision = "GetApplicationRevision"
    case batchGetApplicationRevisions = "BatchGetApplicationRevisions"
    case listApplicationRevisions = "ListApplicationRevisions"

    case createDeployment = "CreateDeployment"
    case getDeployment = "GetDeployment"
    case batchGetDeployments = "BatchGetDeployments"
    case listDeployments = "ListDeployments"
    case stopDeployment = "StopDeployment"

    case listDeploymentTargets = "ListDeploymentTargets"
    case getDeploymentTarget = "GetDeploymentTarget"
    case batchGetDeploymentTargets = "BatchGetDeploymentTargets"
    case listDeploymentInstances = "ListDeploymentInstances"
    case getDeploymentInstance = "GetDeploymentInstance"
    case batchGetDeploymentInstances = "BatchGetDeploymentInstances"

    case tagResource = "TagResource"
    case untagResource = "UntagResource"
    case listTagsForResource = "ListTagsForResource"

    // What the sandbox has not.
    case continueDeployment = "ContinueDeployment"
    case putLifecycleEventHookExecutionStatus = "PutLifecycleEventHookExecutionStatus"
    case skipWaitTimeForInstanceTermination = "SkipWaitTimeForInstanceTermination"
    case addTagsToOnPremisesInstances = "AddTagsToOnPremisesInstances"
    case batchGetOnPremisesInstances = "BatchGetOnPremisesInstances"
    case deregisterOnPremisesInstance = "DeregisterOnPremisesInstance"
    case getOnPremisesInstance = "GetOnPremisesInstance"
    case listOnPremisesInstances = "ListOnPremisesInstances"
    case registerOnPremisesInstance = "RegisterOnPremisesInstance"
    case removeTagsFromOnPremisesInstances = "RemoveTagsFromOnPremisesInstances"
    case deleteGitHubAccountToken = "DeleteGitHubAccountToken"
    case listGitHubAccountTokenNames = "ListGitHubAccountTokenNames"
    case deleteResourcesByExternalId = "DeleteResourcesByExternalId"

    init(named name: String) throws(AWSFault) {
        guard let operation = Operation(rawValue: name) else { throw .unknownOperation(name) }
        self = operation
    }
}

extension CodeDeploy {
    package func answer(
        _ operation: String, _ input: [UInt8], caller: Caller
    ) async throws(AWSFault) -> [UInt8] {
        let operation = try Operation(named: operation)
        return switch operation {
        case .createApplication: try answer(input, createApplication)
        case .getApplication: try answer(input, getApplication)
        case .batchGetApplications: try answer(input, batchGetApplications)
        case .listApplications: try answer(input, listApplications)
        case .updateApplication: try answer(input, updateApplication)
        case .deleteApplication: try answer(input, deleteApplication)
        case .createDeploymentGroup: try answer(input, createDeploymentGroup)
        case .getDeploymentGroup: try answer(input, getDeploymentGroup)
        case .batchGetDeploymentGroups: try answer(input, batchGetDeploymentGroups)
        case .listDeploymentGroups: try answer(input, listDeploymentGroups)
        case .updateDeploymentGroup: try answer(input, updateDeploymentGroup)
        case .deleteDeploymentGroup: try answer(input, deleteDeploymentGroup)
        case .createDeploymentConfig: try answer(input, createDeploymentConfig)
        case .getDeploymentConfig: try answer(input, getDeploymentConfig)
        case .listDeploymentConfigs: try answer(input, listDeploymentConfigs)
        case .deleteDeploymentConfig: try answer(input, deleteDeploymentConfig)
        case .registerApplicationRevision: try answer(input, registerApplicationRevision)
        case .getApplicationRevision: try answer(input, getApplicationRevision)
        case .batchGetApplicationRevisions: try answer(input, batchGetApplicationRevisions)
        case .listApplicationRevisions: try answer(input, listApplicationRevisions)
        case .createDeployment: try answer(input, createDeployment)
        case .getDeployment: try answer(input, getDeployment)
        case .batchGetDeployments: try answer(input, batchGetDeployments)
        case .listDeployments: try answer(input, listDeployments)
        case .stopDeployment: try answer(input, stopDeployment)
        case .listDeploymentTargets: try answer(input, listDeploymentTargets)
        case .getDeploymentTarget: try answer(input, getDeploymentTarget)
        case .batchGetDeploymentTargets: try answer(input, batchGetDeploymentTargets)
        case .listDeploymentInstances: try answer(input, listDeploymentInstances)
        case .getDeploymentInstance: try answer(input, getDeploymentInstance)
        case .batchGetDeploymentInstances: try answer(input, batchGetDeploymentInstances)
        case .tagResource: try answer(input, tagResource)
        case .untagResource: try answer(input, untagResource)
        case .listTagsForResource: try answer(input, listTagsForResource)
        case .continueDeployment, .putLifecycleEventHookExecutionStatus,
            .skipWaitTimeForInstanceTermination:
            throw .unsupportedAction(operation.rawValue)
        case .addTagsToOnPremisesInstances, .batchGetOnPremisesInstances,
            .deregisterOnPremisesInstance, .getOnPremisesInstance, .listOnPremisesInstances,
            .registerOnPremisesInstance, .removeTagsFromOnPremisesInstances,
            .deleteGitHubAccountToken, .listGitHubAccountTokenNames, .deleteResourcesByExternalId:
            throw .notSupported("OperationNotSupported", "\(operation.rawValue) is")
        }
    }

    private func answer<Input: Decodable>(
        _ bytes: [UInt8], _ body: (Input) throws(AWSFault) -> some Encodable
    ) throws(AWSFault) -> [UInt8] {
        jsonBytes(try body(try input(bytes)))
    }
}
