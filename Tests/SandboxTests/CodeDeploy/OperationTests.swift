import Sandbox
import SlipwayCore
import TestSupport
import Testing

private let role = #""serviceRoleArn": "arn:aws:iam::123456789012:role/codedeploy""#
private let group = #""applicationName": "shop", "deploymentGroupName": "web""#

/// An input that AWS refuses, and how.
private struct Refusal: CustomTestStringConvertible, Sendable {
    let operation: String
    let input: String
    let code: String

    init(_ operation: String, _ input: String, _ code: String) {
        self.operation = operation
        self.input = input
        self.code = code
    }

    var testDescription: String { "\(operation) \(input.prefix(60)): \(code)" }
}

private func s3(_ more: String = "") -> String {
    #"""
    {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k", "bundleType": "zip"\#(more)}}
    """#
}

private let refusals = [
    Refusal("Nonsense", "{}", "UnknownOperationException"),
    Refusal("CreateApplication", "{", "SerializationException"),
    Refusal("CreateApplication", #"{"applicationName": 1}"#, "SerializationException"),
    Refusal("CreateApplication", "", "ApplicationNameRequiredException"),
    Refusal(
        "CreateApplication", #"{"applicationName": "a b"}"#, "InvalidApplicationNameException"),
    Refusal(
        "CreateApplication", #"{"applicationName": "shop"}"#, "ApplicationAlreadyExistsException"),
    Refusal(
        "CreateApplication", #"{"applicationName": "a", "computePlatform": "Lambda"}"#,
        "InvalidComputePlatformException"),
    Refusal(
        "CreateApplication", #"{"applicationName": "a", "tags": [{"Value": "x"}]}"#,
        "InvalidTagsToAddException"),
    Refusal("GetApplication", #"{"applicationName": "no"}"#, "ApplicationDoesNotExistException"),
    Refusal(
        "BatchGetApplications", #"{"applicationNames": ["shop", "no"]}"#,
        "ApplicationDoesNotExistException"),
    Refusal(
        "BatchGetApplications", #"{"applicationNames": []}"#, "ApplicationNameRequiredException"),
    Refusal("ListApplications", #"{"nextToken": "zz"}"#, "InvalidNextTokenException"),
    Refusal(
        "UpdateApplication", #"{"applicationName": "no", "newApplicationName": "x"}"#,
        "ApplicationDoesNotExistException"),

    Refusal(
        "CreateDeploymentGroup", #"{"applicationName": "shop", \#(role)}"#,
        "DeploymentGroupNameRequiredException"),
    Refusal("CreateDeploymentGroup", "{\(group)}", "RoleRequiredException"),
    Refusal(
        "CreateDeploymentGroup", #"{\#(group), "serviceRoleArn": "codedeploy"}"#,
        "InvalidRoleException"),
    Refusal(
        "CreateDeploymentGroup", "{\(group), \(role)}", "DeploymentGroupAlreadyExistsException"),
    Refusal(
        "CreateDeploymentGroup",
        #"{"applicationName": "shop", "deploymentGroupName": "x", "deploymentConfigName": "no", "#
            + "\(role)}", "DeploymentConfigDoesNotExistException"),
    Refusal(
        "CreateDeploymentGroup",
        #"{\#(group), "deploymentStyle": {"deploymentType": "BLUE_GREEN"}, \#(role)}"#,
        "InvalidDeploymentStyleException"),
    Refusal(
        "CreateDeploymentGroup",
        #"{\#(group), "deploymentStyle": {"deploymentOption": "WITH_TRAFFIC_CONTROL"}, \#(role)}"#,
        "InvalidDeploymentStyleException"),
    Refusal(
        "CreateDeploymentGroup",
        #"{\#(group), "loadBalancerInfo": {"elbInfoList": [{"name": "lb"}]}, \#(role)}"#,
        "InvalidLoadBalancerInfoException"),
    Refusal(
        "CreateDeploymentGroup", #"{\#(group), "ecsServices": [{}], \#(role)}"#,
        "InvalidECSServiceException"),
    Refusal(
        "CreateDeploymentGroup", #"{\#(group), "autoScalingGroups": ["x"], \#(role)}"#,
        "InvalidAutoScalingGroupException"),
    Refusal(
        "CreateDeploymentGroup",
        #"{\#(group), "ec2TagFilters": [], "ec2TagSet": {"ec2TagSetList": []}, \#(role)}"#,
        "InvalidEC2TagCombinationException"),
    Refusal(
        "CreateDeploymentGroup", #"{\#(group), "ec2TagFilters": [{"Type": "ANY"}], \#(role)}"#,
        "InvalidEC2TagException"),
    Refusal(
        "CreateDeploymentGroup",
        #"{\#(group), "ec2TagSet": {"ec2TagSetList": [[], [], [], []]}, \#(role)}"#,
        "TagSetListLimitExceededException"),
    Refusal(
        "CreateDeploymentGroup",
        #"{\#(group), "autoRollbackConfiguration": {"enabled": true, "events": ["X"]}, \#(role)}"#,
        "InvalidAutoRollbackConfigException"),
    Refusal(
        "CreateDeploymentGroup", #"{\#(group), "triggerConfigurations": [{}], \#(role)}"#,
        "InvalidTriggerConfigException"),
    Refusal(
        "CreateDeploymentGroup", #"{\#(group), "alarmConfiguration": {"enabled": true}, \#(role)}"#,
        "InvalidAlarmConfigException"),
    Refusal(
        "GetDeploymentGroup", #"{"applicationName": "shop", "deploymentGroupName": "no"}"#,
        "DeploymentGroupDoesNotExistException"),
    Refusal(
        "UpdateDeploymentGroup",
        #"{"applicationName": "shop", "currentDeploymentGroupName": "no"}"#,
        "DeploymentGroupDoesNotExistException"),

    Refusal(
        "CreateDeploymentConfig", #"{"deploymentConfigName": "CodeDeployDefault.Mine"}"#,
        "InvalidDeploymentConfigNameException"),
    Refusal(
        "CreateDeploymentConfig", #"{"deploymentConfigName": "x"}"#,
        "InvalidMinimumHealthyHostValueException"),
    Refusal(
        "CreateDeploymentConfig",
        #"""
        {"deploymentConfigName": "x",
         "minimumHealthyHosts": {"type": "FLEET_PERCENT", "value": 100}}
        """#, "InvalidMinimumHealthyHostValueException"),
    Refusal(
        "CreateDeploymentConfig",
        #"{"deploymentConfigName": "x", "minimumHealthyHosts": {"type": "HOST_COUNT", "value": -1}}"#,
        "InvalidMinimumHealthyHostValueException"),
    Refusal(
        "GetDeploymentConfig", #"{"deploymentConfigName": "no"}"#,
        "DeploymentConfigDoesNotExistException"),
    Refusal(
        "DeleteDeploymentConfig", #"{"deploymentConfigName": "CodeDeployDefault.AllAtOnce"}"#,
        "InvalidOperationException"),

    Refusal(
        "RegisterApplicationRevision", #"{"applicationName": "shop"}"#, "RevisionRequiredException"),
    Refusal(
        "RegisterApplicationRevision",
        #"{"applicationName": "shop", "revision": {"revisionType": "GitHub"}}"#,
        "InvalidRevisionException"),
    Refusal(
        "RegisterApplicationRevision",
        #"{"applicationName": "shop", "revision": {"revisionType": "S3", "s3Location": {"key": "k"}}}"#,
        "InvalidRevisionException"),
    Refusal(
        "RegisterApplicationRevision",
        #"{"applicationName": "no", "revision": \#(s3())}"#, "ApplicationDoesNotExistException"),
    Refusal(
        "RegisterApplicationRevision",
        #"{"applicationName": "shop", "revision": \#(s3()), "description": ""#
            + String(repeating: "é", count: 257) + #""}"#, "DescriptionTooLongException"),
    Refusal(
        "GetApplicationRevision",
        #"{"applicationName": "shop", "revision": \#(s3(#", "version": "1""#))}"#,
        "RevisionDoesNotExistException"),
    Refusal(
        "ListApplicationRevisions", #"{"applicationName": "shop", "s3KeyPrefix": "a"}"#,
        "BucketNameFilterRequiredException"),
    Refusal(
        "ListApplicationRevisions", #"{"applicationName": "shop", "sortBy": "size"}"#,
        "InvalidSortByException"),
    Refusal(
        "ListApplicationRevisions", #"{"applicationName": "shop", "sortOrder": "up"}"#,
        "InvalidSortOrderException"),
    Refusal(
        "ListApplicationRevisions", #"{"applicationName": "shop", "deployed": "yes"}"#,
        "InvalidDeployedStateFilterException"),

    Refusal("CreateDeployment", "{\(group)}", "RevisionRequiredException"),
    Refusal(
        "CreateDeployment",
        #"{"applicationName": "no", "deploymentGroupName": "web", "revision": "#
            + "\(s3())}", "ApplicationDoesNotExistException"),
    Refusal(
        "CreateDeployment", #"{"applicationName": "shop", "revision": \#(s3())}"#,
        "DeploymentGroupNameRequiredException"),
    Refusal(
        "CreateDeployment", #"{\#(group), "revision": \#(s3()), "deploymentConfigName": "no"}"#,
        "DeploymentConfigDoesNotExistException"),
    Refusal(
        "CreateDeployment", #"{\#(group), "revision": \#(s3()), "fileExistsBehavior": "KEEP"}"#,
        "InvalidFileExistsBehaviorException"),
    Refusal(
        "CreateDeployment", #"{\#(group), "revision": \#(s3()), "targetInstances": {}}"#,
        "InvalidTargetInstancesException"),
    Refusal(
        "CreateDeployment",
        #"{\#(group), "revision": \#(s3()), "ignoreApplicationStopFailures": "yes"}"#,
        "SerializationException"),
    Refusal("GetDeployment", "{}", "DeploymentIdRequiredException"),
    Refusal(
        "GetDeployment", #"{"deploymentId": "x-123"}"#, "InvalidDeploymentIdException"),
    Refusal(
        "GetDeployment", #"{"deploymentId": "d-000000000"}"#, "DeploymentDoesNotExistException"),
    Refusal(
        "StopDeployment", #"{"deploymentId": "d-000000000"}"#, "DeploymentDoesNotExistException"),
    Refusal(
        "ListDeployments", #"{"applicationName": "shop"}"#, "DeploymentGroupNameRequiredException"),
    Refusal(
        "ListDeployments", #"{"deploymentGroupName": "web"}"#, "ApplicationNameRequiredException"),
    Refusal(
        "ListDeployments", #"{"includeOnlyStatuses": ["Done"]}"#, "InvalidDeploymentStatusException"
    ),
    Refusal(
        "ListDeployments", #"{"createTimeRange": {"start": 2, "end": 1}}"#,
        "InvalidTimeRangeException"),
    Refusal(
        "BatchGetDeployments",
        #"{"deploymentIds": [\#((0...25).map { #""d-\#(100_000_000 + $0)""# }.joined(separator: ","))]}"#,
        "BatchLimitExceededException"),
    Refusal(
        "ListDeploymentTargets", #"{"deploymentId": "d-000000000"}"#,
        "DeploymentDoesNotExistException"),
    Refusal(
        "ListDeploymentTargets",
        #"{"deploymentId": "d-000000000", "targetFilters": {"Colour": ["x"]}}"#,
        "InvalidTargetFilterNameException"),
    Refusal(
        "ListDeploymentTargets",
        #"{"deploymentId": "d-000000000", "targetFilters": {"TargetStatus": ["x"]}}"#,
        "InvalidInstanceStatusException"),
    Refusal(
        "ListDeploymentTargets",
        #"{"deploymentId": "d-000000000", "targetFilters": {"ServerInstanceLabel": ["Blue"]}}"#,
        "InvalidDeploymentInstanceTypeException"),
    Refusal(
        "BatchGetDeploymentTargets",
        #"{"deploymentId": "d-000000000", "targetIds": [\#((0...25).map { #""i-\#($0)""# }.joined(separator: ","))]}"#,
        "DeploymentTargetListSizeExceededException"),
    Refusal(
        "BatchGetDeploymentTargets", #"{"deploymentId": "d-000000000"}"#,
        "DeploymentTargetIdRequiredException"),
    Refusal(
        "BatchGetDeploymentInstances", #"{"deploymentId": "d-000000000"}"#,
        "InstanceIdRequiredException"),

    Refusal("TagResource", #"{"Tags": [{"Key": "a"}]}"#, "ResourceArnRequiredException"),
    Refusal(
        "TagResource", #"{"ResourceArn": "shop", "Tags": [{"Key": "a"}]}"#, "InvalidArnException"),
    Refusal(
        "TagResource",
        #"{"ResourceArn": "arn:aws:codedeploy:us-east-1:123456789012:deploymentconfig:x", "Tags": [{"Key": "a"}]}"#,
        "ArnNotSupportedException"),
    Refusal("ContinueDeployment", "{}", "UnsupportedActionForDeploymentTypeException"),
    Refusal("RegisterOnPremisesInstance", "{}", "OperationNotSupportedException"),
]

@Suite struct OperationTests {
    @Test(arguments: refusals)
    private func `what AWS refuses is refused with AWS's code`(refusal: Refusal) async throws {
        let fleet = try TestFleet()
        try await fleet.makeGroup()
        #expect(try await fleet.error(refusal.operation, refusal.input) == refusal.code)
    }

    @Test(arguments: [
        "ContinueDeployment", "PutLifecycleEventHookExecutionStatus", "RegisterOnPremisesInstance",
        "ListGitHubAccountTokenNames",
    ])
    func `what the sandbox has not, it says by name`(operation: String) async throws {
        let fleet = try TestFleet()
        let fault = await #expect(throws: AWSFault.self) { try await fleet(operation) }
        #expect(fault?.message == "\(operation) is not supported by the sandbox")
    }

    @Test func `quotas are AWS's, and hold`() async throws {
        var options = FleetOptions()
        #expect(options.limits.applications == 1000)
        #expect(options.limits.configurations == 50)
        options.limits.applications = 1
        options.limits.groups = 1
        options.limits.configurations = 1
        options.limits.deployments = 0
        let fleet = try TestFleet(options: options)
        try await fleet.makeGroup()
        #expect(
            try await fleet.error("CreateApplication", #"{"applicationName": "b"}"#)
                == "ApplicationLimitExceededException")
        #expect(
            try await fleet.error(
                "CreateDeploymentGroup",
                #"{"applicationName": "shop", "deploymentGroupName": "b", \#(role)}"#)
                == "DeploymentGroupLimitExceededException")
        #expect(
            try await fleet.error(
                "CreateDeployment", #"{\#(group), "revision": \#(TestFleet.revision)}"#)
                == "DeploymentLimitExceededException")
        let hosts = #""minimumHealthyHosts": {"type": "HOST_COUNT", "value": 1}"#
        try await fleet("CreateDeploymentConfig", #"{"deploymentConfigName": "a", \#(hosts)}"#)
        #expect(
            try await fleet.error(
                "CreateDeploymentConfig", #"{"deploymentConfigName": "a", \#(hosts)}"#)
                == "DeploymentConfigAlreadyExistsException")
        #expect(
            try await fleet.error(
                "CreateDeploymentConfig", #"{"deploymentConfigName": "b", \#(hosts)}"#)
                == "DeploymentConfigLimitExceededException")
    }

    @Test func `an application is created, renamed, tagged and deleted with what it has`()
        async throws
    {
        let fleet = try TestFleet()
        try await fleet.makeGroup()
        try await fleet(
            "UpdateApplication", #"{"applicationName": "shop", "newApplicationName": "store"}"#)
        let renamed = try await fleet("GetApplication", #"{"applicationName": "store"}"#)
        #expect(renamed["application", "computePlatform"]?.text == "Server")
        let listed = try await fleet("ListDeploymentGroups", #"{"applicationName": "store"}"#)
        #expect(listed["deploymentGroups"]?.texts == ["web"])
        let arn = #""ResourceArn": "arn:aws:codedeploy:us-east-1:123456789012:application:store""#
        try await fleet("TagResource", #"{\#(arn), "Tags": [{"Key": "a", "Value": "1"}]}"#)
        try await fleet("TagResource", #"{\#(arn), "Tags": [{"Key": "b"}, {"Key": "c"}]}"#)
        try await fleet("UntagResource", #"{\#(arn), "TagKeys": ["c"]}"#)
        let tags = try await fleet("ListTagsForResource", "{\(arn)}")
        #expect(tags["Tags"]?.items.map { $0["Key"]?.text } == ["a", "b"])
        try await fleet("DeleteApplication", #"{"applicationName": "store"}"#)
        try await fleet("DeleteApplication", #"{"applicationName": "store"}"#)
        #expect(try await fleet("ListApplications")["applications"]?.items == [])
        #expect(fleet.service.fleet.isEmpty)
    }

    @Test func `a group's update changes what is given and nothing else`() async throws {
        let fleet = try TestFleet()
        try await fleet.makeGroup(rollback: true)
        let before = try await fleet("GetDeploymentGroup", "{\(group)}")
        #expect(
            before["deploymentGroupInfo", "deploymentConfigName"]?.text
                == "CodeDeployDefault.OneAtATime")
        try await fleet(
            "UpdateDeploymentGroup",
            #"""
            {"applicationName": "shop", "currentDeploymentGroupName": "web",
             "newDeploymentGroupName": "edge",
             "deploymentConfigName": "CodeDeployDefault.AllAtOnce"}
            """#)
        let after = try await fleet(
            "GetDeploymentGroup", #"{"applicationName": "shop", "deploymentGroupName": "edge"}"#)
        #expect(
            after["deploymentGroupInfo", "deploymentConfigName"]?.text
                == "CodeDeployDefault.AllAtOnce")
        for member in ["serviceRoleArn", "autoRollbackConfiguration", "deploymentGroupId"] {
            #expect(after["deploymentGroupInfo", member] == before["deploymentGroupInfo", member])
        }
    }

    @Test func `a configuration that a group uses stays`() async throws {
        let fleet = try TestFleet()
        try await fleet.makeGroup()
        let name = #""deploymentConfigName": "mine""#
        try await fleet(
            "CreateDeploymentConfig",
            #"{\#(name), "minimumHealthyHosts": {"type": "HOST_COUNT", "value": 1}}"#)
        let update = #"{"applicationName": "shop", "currentDeploymentGroupName": "web", "#
        try await fleet("UpdateDeploymentGroup", update + "\(name)}")
        #expect(
            try await fleet.error("DeleteDeploymentConfig", "{\(name)}")
                == "DeploymentConfigInUseException")
        try await fleet(
            "UpdateDeploymentGroup",
            update + #""deploymentConfigName": "CodeDeployDefault.OneAtATime"}"#)
        try await fleet("DeleteDeploymentConfig", "{\(name)}")
        let listed = try await fleet("ListDeploymentConfigs")
        #expect(
            listed["deploymentConfigsList"]?.texts
                == ["AllAtOnce", "HalfAtATime", "OneAtATime"].map { "CodeDeployDefault.\($0)" })
    }

    @Test func `instances are chosen by the group's tags as AWS chooses them`() async throws {
        let fleet = try TestFleet()
        try await fleet("CreateApplication", #"{"applicationName": "shop"}"#)
        func make(_ name: String, _ filters: String) async throws -> Int {
            try await fleet(
                "CreateDeploymentGroup",
                #"""
                {"applicationName": "shop", "deploymentGroupName": "\#(name)", \#(role), \#(filters)}
                """#)
            return try fleet.service.instances(group: name, application: "shop").count
        }
        #expect(
            try await make(
                "a", #""ec2TagFilters": [{"Key": "Name", "Value": "a", "Type": "KEY_AND_VALUE"}]"#)
                == 1)
        try fleet.service.makeInstances(
            2, group: "a", application: "shop", tags: ["Stage": "test"])
        #expect(
            try await make("stage", #""ec2TagFilters": [{"Key": "Stage", "Type": "KEY_ONLY"}]"#)
                == 2)
        #expect(
            try await make(
                "either",
                #"""
                "ec2TagFilters": [{"Key": "Stage", "Value": "test", "Type": "KEY_AND_VALUE"},
                                  {"Value": "a", "Type": "VALUE_ONLY"}]
                """#) == 3)
        #expect(
            try await make(
                "both",
                #"""
                "ec2TagSet": {"ec2TagSetList": [
                    [{"Key": "Name", "Value": "a", "Type": "KEY_AND_VALUE"}],
                    [{"Key": "Stage", "Value": "test", "Type": "KEY_AND_VALUE"}]]}
                """#) == 2)
    }

    @Test func `revisions are listed, filtered and sorted`() async throws {
        try await TestFleet.with(instances: 1) { fleet, _ in
            for key in ["x/1", "x/2", "y/3"] {
                try await fleet(
                    "RegisterApplicationRevision",
                    #"""
                    {"applicationName": "shop", "description": "\#(key)", "revision":
                     {"revisionType": "S3",
                      "s3Location": {"bucket": "b", "key": "\#(key)", "bundleType": "zip"}}}
                    """#)
            }
            _ = try await fleet.ended(try await fleet.deploy())
            func keys(_ more: String) async throws -> [String] {
                let answer = try await fleet(
                    "ListApplicationRevisions", #"{"applicationName": "shop"\#(more)}"#)
                return (answer["revisions"]?.items ?? []).compactMap {
                    $0["s3Location", "key"]?.text
                }
            }
            #expect(try await keys("").count == 4)
            #expect(
                try await keys(#", "s3Bucket": "b", "s3KeyPrefix": "x/""#).sorted() == [
                    "x/1", "x/2",
                ])
            #expect(try await keys(#", "s3Bucket": "other""#) == [])
            #expect(try await keys(#", "deployed": "include""#) == ["app.zip"])
            #expect(try await keys(#", "deployed": "exclude""#).count == 3)
            #expect(
                try await keys(#", "sortBy": "lastUsedTime", "sortOrder": "descending""#).first
                    == "app.zip")
            let info = try await fleet(
                "GetApplicationRevision",
                #"{"applicationName": "shop", "revision": \#(TestFleet.revision)}"#)
            #expect(info["revisionInfo", "deploymentGroups"]?.texts == ["web"])
            #expect(info["revisionInfo", "firstUsedTime"] != nil)
            let batch = try await fleet(
                "BatchGetApplicationRevisions",
                #"{"applicationName": "shop", "revisions": [\#(TestFleet.revision), \#(s3())]}"#)
            #expect(batch["revisions"]?.items.count == 1)
            #expect(batch["errorMessage"] != nil)
        }
    }

    @Test func `lists come in pages that fit together`() async throws {
        var options = FleetOptions()
        options.pageSize = 2
        try await TestFleet.with(instances: 5, options: options) { fleet, instances in
            for name in "bcdef" {
                try await fleet("CreateApplication", #"{"applicationName": "\#(name)"}"#)
                try await fleet.makeGroup("group-\(name)")
                _ = try await fleet.ended(try await fleet.deploy())
            }
            let id = try #require(try await fleet("ListDeployments")["deployments"]?.texts.first)
            func all(_ operation: String, _ member: String, _ input: String = "") async throws
                -> [String]
            {
                var found: [String] = []
                var token = ""
                while true {
                    let answer = try await fleet(operation, "{\(input)\(token)}")
                    let items = try #require(answer[member]).texts
                    #expect(items.count <= 2)
                    found += items
                    guard let next = answer["nextToken"]?.text else { return found }
                    #expect(items.count == 2)
                    token = (input.isEmpty ? "" : ", ") + #""nextToken": "\#(next)""#
                }
            }
            #expect(
                try await all("ListApplications", "applications")
                    == ["b", "c", "d", "e", "f", "shop"])
            #expect(
                try await all(
                    "ListDeploymentGroups", "deploymentGroups", #""applicationName": "shop""#)
                    == "bcdef".map { "group-\($0)" } + ["web"])
            #expect(try await all("ListDeploymentConfigs", "deploymentConfigsList").count == 3)
            #expect(Set(try await all("ListDeployments", "deployments")).count == 5)
            let targets = #""deploymentId": "\#(id)""#
            #expect(
                try await all("ListDeploymentTargets", "targetIds", targets).sorted()
                    == instances.sorted())
            #expect(
                try await all("ListDeploymentInstances", "instancesList", targets).sorted()
                    == instances.sorted())
            let first = try await fleet("ListApplications")
            let token = try #require(first["nextToken"]?.text)
            #expect(
                try await fleet.error("ListDeployments", #"{"nextToken": "\#(token)"}"#)
                    == "InvalidNextTokenException")
            // What is gone between two pages takes nothing else with it.
            for gone in ["b", "c"] {
                try await fleet("DeleteApplication", #"{"applicationName": "\#(gone)"}"#)
                let rest = try await fleet("ListApplications", #"{"nextToken": "\#(token)"}"#)
                #expect(rest["applications"]?.texts == ["d", "e"])
            }
        }
    }

    @Test func `deployments and targets are found by their status and time`() async throws {
        try await TestFleet.with(instances: 2) { fleet, instances in
            fleet.agents.fail(.install, on: instances[0])
            let id = try await fleet.deploy()
            let created = try #require(try await fleet.ended(id)["createTime"]?.number)
            func listed(_ input: String) async throws -> [String] {
                try await fleet("ListDeployments", "{\(input)}")["deployments"]?.texts ?? []
            }
            #expect(try await listed(#""includeOnlyStatuses": ["Succeeded"]"#) == [id])
            #expect(try await listed(#""includeOnlyStatuses": ["Failed"]"#) == [])
            #expect(
                try await listed(#"\#(group), "createTimeRange": {"end": \#(created)}"#) == [id])
            #expect(
                try await listed(#""createTimeRange": {"start": \#(created + 0.001)}"#) == [])
            func targets(_ status: String) async throws -> [String] {
                try await fleet(
                    "ListDeploymentTargets",
                    #"{"deploymentId": "\#(id)", "targetFilters": {"TargetStatus": ["\#(status)"]}}"#
                )["targetIds"]?.texts ?? []
            }
            #expect(try await targets("Failed") == [instances[0]])
            #expect(try await targets("Succeeded") == [instances[1]])
            #expect(try await targets("Pending") == [])
            #expect(
                try await fleet.error(
                    "GetDeploymentTarget", #"{"deploymentId": "\#(id)", "targetId": "i-0"}"#)
                    == "DeploymentTargetDoesNotExistException")
            let batch = try await fleet(
                "BatchGetDeploymentInstances",
                #"{"deploymentId": "\#(id)", "instanceIds": ["\#(instances[0])", "i-0"]}"#)
            #expect(batch["instancesSummary"]?.items.count == 1)
            #expect(batch["errorMessage"]?.text == "No instance found for id: i-0")
        }
    }

    @Test func `timestamps are numbers, and what there is not is left out`() async throws {
        try await TestFleet.with(instances: 1) { fleet, _ in
            let info = try await fleet.ended(try await fleet.deploy())
            for member in ["createTime", "startTime", "completeTime"] {
                #expect((info[member]?.number ?? 0) > 1_700_000_000, "\(member)")
            }
            #expect(!info.keys.contains("description"))
            #expect(!info.keys.contains("errorInformation"))
            #expect(!info.keys.contains("previousRevision"))
        }
    }
}

@Suite struct AuthorizationTests {
    private func allowed(
        _ fleet: TestFleet, _ operation: String, _ input: String
    ) throws -> [String] {
        try fleet.service.authorizations(operation, Array(input.utf8)).map {
            "\($0.action.replacing("codedeploy:", with: "")) \($0.resource.split(separator: ":").dropFirst(5).joined(separator: ":"))"
        }
    }

    @Test func `each operation asks for its action on what it names`() async throws {
        let fleet = try TestFleet()
        try await fleet.makeGroup()
        let cases = [
            ("GetApplication", #"{"applicationName": "shop"}"#, "GetApplication application:shop"),
            ("GetDeploymentGroup", "{\(group)}", "GetDeploymentGroup deploymentgroup:shop/web"),
            (
                "GetDeploymentConfig", #"{"deploymentConfigName": "x"}"#,
                "GetDeploymentConfig deploymentconfig:x"
            ),
            (
                "ListDeployments", "{\(group)}", "ListDeployments deploymentgroup:shop/web"
            ),
            ("ListApplications", "{}", "ListApplications "),
            ("StopDeployment", #"{"deploymentId": "d-1"}"#, "StopDeployment "),
            ("ListDeploymentTargets", #"{"deploymentId": "d-1"}"#, "ListDeploymentTargets "),
        ]
        for (operation, input, expected) in cases {
            #expect(try allowed(fleet, operation, input) == [expected])
        }
        #expect(throws: AWSFault.self) { try allowed(fleet, "Nonsense", "{}") }
    }

    @Test func `creating a deployment asks for its configuration and revision too`() async throws {
        let fleet = try TestFleet()
        try await fleet.makeGroup()
        let input = #"{\#(group), "revision": \#(TestFleet.revision)}"#
        let rest = [
            "CreateDeployment deploymentgroup:shop/web",
            "GetDeploymentConfig deploymentconfig:CodeDeployDefault.OneAtATime",
        ]
        #expect(
            try allowed(fleet, "CreateDeployment", input)
                == rest + ["RegisterApplicationRevision application:shop"])
        try await fleet(
            "RegisterApplicationRevision",
            #"{"applicationName": "shop", "revision": \#(TestFleet.revision)}"#)
        #expect(
            try allowed(fleet, "CreateDeployment", input)
                == rest + ["GetApplicationRevision application:shop"])
        let id = try await fleet.deploy()
        #expect(
            try allowed(fleet, "GetDeployment", #"{"deploymentId": "\#(id)"}"#)
                == ["GetDeployment deploymentgroup:shop/web"])
    }
}
