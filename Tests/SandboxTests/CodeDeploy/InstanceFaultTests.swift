import InstanceAgent
import Sandbox
import SlipwayCore
import TestSupport
import Testing

private let skipped = Array(repeating: "Skipped", count: 7)

@Suite struct InstanceFaultTests {
    private var impatient: FleetOptions {
        var options = FleetOptions()
        options.timing = FleetTiming(faster: 100_000)
        options.timing.deployment = .seconds(3600)
        options.timing.event = .seconds(3600)
        return options
    }

    @Test func `an agent that never answers leaves every event skipped`() async throws {
        try await TestFleet.with(instances: 2, options: impatient) { fleet, instances in
            try fleet.service.setFault(.silent(from: nil), instance: instances[0])
            let id = try await fleet.deploy()
            #expect(try await fleet.ended(id)["status"]?.text == "Succeeded")
            let silent = try await fleet.target(instances[0], of: id)
            #expect(silent.status == "Failed")
            #expect(silent.events == skipped)
            #expect(try await fleet.target(instances[1], of: id).status == "Succeeded")
            #expect(!fleet.agents.asked.contains { $0.instance == instances[0] })
        }
    }

    @Test func `an agent that falls silent did not receive the event`() async throws {
        try await TestFleet.with(instances: 1, options: impatient) { fleet, instances in
            try fleet.service.setFault(.silent(from: "Install"), instance: instances[0])
            let id = try await fleet.deploy()
            #expect(try await fleet.ended(id)["status"]?.text == "Failed")
            let answer = try await fleet(
                "GetDeploymentTarget",
                #"{"deploymentId": "\#(id)", "targetId": "\#(instances[0])"}"#)
            let event = answer["deploymentTarget", "instanceTarget", "lifecycleEvents"]?.items[3]
            #expect(event?["status"]?.text == "Failed")
            #expect(event?["diagnostics", "errorCode"]?.text == "UnknownError")
            #expect(
                event?["diagnostics", "message"]?.text?.hasPrefix(
                    "CodeDeploy agent was not able to receive the lifecycle event.") ?? false)
            #expect(fleet.agents.asked.map(\.event) == Array(Lifecycle.events.prefix(3)))
        }
    }

    @Test func `a silent agent does not hold up a stop`() async throws {
        try await TestFleet.with(instances: 1) { fleet, instances in
            try fleet.service.setFault(.silent(from: nil), instance: instances[0])
            let id = try await fleet.deploy()
            try await until("it waits for the agent") {
                try await fleet.deployment(id)["deploymentOverview", "InProgress"]?.number == 1
            }
            try await fleet("StopDeployment", #"{"deploymentId": "\#(id)"}"#)
            let info = try await fleet.ended(id)
            #expect(info["status"]?.text == "Stopped")
            #expect(try await fleet.target(instances[0], of: id).events == skipped)
        }
    }

    @Test func `every event takes the time that is asked for, one that fails too`() async throws {
        var options = FleetOptions()
        options.pace = try EventPace("0.02-0.04")
        try await TestFleet.with(instances: 2, options: options) { fleet, instances in
            try fleet.service.setFault(.failing(at: "AfterInstall"), instance: instances[0])
            let id = try await fleet.deploy()
            _ = try await fleet.ended(id)
            for (instance, count) in zip(instances, [5, 7]) {
                let answer = try await fleet(
                    "GetDeploymentTarget",
                    #"{"deploymentId": "\#(id)", "targetId": "\#(instance)"}"#)
                let events = try #require(
                    answer["deploymentTarget", "instanceTarget", "lifecycleEvents"]?.items)
                let times = events.compactMap { event in
                    event["endTime"]?.number.flatMap { end in
                        event["startTime"]?.number.map { end - $0 }
                    }
                }
                #expect(times.count == count)
                // Start and end are told in milliseconds.
                #expect(times.allSatisfy { $0 >= 0.019 })
            }
        }
    }

    @Test func `a stopped machine fails at once`() async throws {
        try await TestFleet.with(instances: 2) { fleet, instances in
            try fleet.service.setFault(.stopped, instance: instances[1])
            let id = try await fleet.deploy("CodeDeployDefault.OneAtATime")
            // The last may fail.
            #expect(try await fleet.ended(id)["status"]?.text == "Succeeded")
            let target = try await fleet.target(instances[1], of: id)
            #expect(target.status == "Failed")
            #expect(target.events == skipped)
            // It is unhealthy, so it comes first now.
            let next = try await fleet.ended(
                try await fleet.deploy("CodeDeployDefault.OneAtATime"))
            #expect(next["status"]?.text == "Failed")
            #expect(next["deploymentOverview", "Skipped"]?.number == 1)
        }
    }

    @Test func `an event fails on request, without being carried out`() async throws {
        try await TestFleet.with(instances: 1) { fleet, instances in
            try fleet.service.setFault(.failing(at: "AfterInstall"), instance: instances[0])
            let id = try await fleet.deploy()
            #expect(try await fleet.ended(id)["status"]?.text == "Failed")
            #expect(
                try await fleet.target(instances[0], of: id).events
                    == Array(repeating: "Succeeded", count: 4) + ["Failed", "Skipped", "Skipped"])
            #expect(!fleet.agents.asked.contains { $0.event == .afterInstall })
            try fleet.service.setFault(nil, instance: instances[0])
            #expect(
                try await fleet.ended(try await fleet.deploy())["status"]?.text == "Succeeded")
        }
    }

    @Test func `an event that does not end in time has failed`() async throws {
        var options = FleetOptions()
        options.timing.event = .milliseconds(50)
        try await TestFleet.with(instances: 1, options: options) { fleet, instances in
            fleet.agents.hold(.validateService)
            let id = try await fleet.deploy()
            #expect(try await fleet.ended(id)["status"]?.text == "Failed")
            #expect(
                try await fleet.target(instances[0], of: id).events
                    == Array(repeating: "Succeeded", count: 6) + ["Failed"])
            fleet.agents.release()
        }
    }

    @Test func `a deployment that does not end in time has failed`() async throws {
        var options = FleetOptions()
        options.timing.deployment = .milliseconds(100)
        try await TestFleet.with(instances: 2, options: options) { fleet, _ in
            fleet.agents.hold(.applicationStop)
            let id = try await fleet.deploy("CodeDeployDefault.OneAtATime")
            try await until("what waits is skipped") {
                try await fleet.deployment(id)["deploymentOverview", "Skipped"]?.number == 1
            }
            fleet.agents.release()
            let info = try await fleet.ended(id)
            #expect(info["status"]?.text == "Failed")
            #expect(info["errorInformation", "code"]?.text == "TIMEOUT")
        }
    }

    @Test func `a group that is deleted takes its deployment with it`() async throws {
        try await TestFleet.with(instances: 1) { fleet, _ in
            fleet.agents.hold(.install)
            let id = try await fleet.deploy()
            try await until("an event runs") {
                fleet.agents.asked.contains { $0.event == .install }
            }
            let name = #"{"applicationName": "shop", "deploymentGroupName": "web"}"#
            let answer = try await fleet("DeleteDeploymentGroup", name)
            #expect(answer == .object(["hooksNotCleanedUp": .array([])]))
            fleet.agents.release()
            let info = try await fleet.ended(id)
            #expect(info["errorInformation", "code"]?.text == "DEPLOYMENT_GROUP_MISSING")
            #expect(
                try await fleet.error("GetDeploymentGroup", name)
                    == "DeploymentGroupDoesNotExistException")
        }
    }

    @Test(arguments: [
        ("def", "Expected deployment artifact bundle etag def but was actually \"abc\""),
        ("\\\"abc\\\"", nil), ("abc", nil),
    ])
    func `an eTag has to be the object's, with or without quotes`(
        eTag: String, message: String?
    ) async throws {
        try await TestFleet.with(instances: 1) { fleet, instances in
            let answer = try await fleet(
                "CreateDeployment",
                #"""
                {"applicationName": "shop", "deploymentGroupName": "web", "revision":
                 {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "app.zip",
                  "bundleType": "zip", "eTag": "\#(eTag)"}}}
                """#)
            let id = try #require(answer["deploymentId"]?.text)
            let info = try await fleet.ended(id)
            #expect(info["status"]?.text == (message == nil ? "Succeeded" : "Failed"))
            let target = try await fleet(
                "GetDeploymentTarget",
                #"{"deploymentId": "\#(id)", "targetId": "\#(instances[0])"}"#)
            let event = target["deploymentTarget", "instanceTarget", "lifecycleEvents"]?.items[1]
            if let message {
                #expect(event?["status"]?.text == "Failed")
                #expect(event?["diagnostics", "errorCode"]?.text == "UnknownError")
                #expect(event?["diagnostics", "message"]?.text == message)
            } else {
                // Hooks are told the eTag without its quotes.
                #expect(fleet.agents.asked.allSatisfy { $0.deployment.bundle.eTag == "abc" })
            }
        }
    }

    @Test func `an object that is not there fails the download`() async throws {
        let empty = RevisionObjects { _, _, _ throws(AWSFault) in
            throw AWSFault(
                code: "NoSuchKey", message: "The specified key does not exist.", status: 404)
        }
        try await TestFleet.with(instances: 1, objects: empty) { fleet, instances in
            let id = try await fleet.deploy()
            #expect(try await fleet.ended(id)["status"]?.text == "Failed")
            #expect(
                try await fleet.target(instances[0], of: id).events
                    == ["Succeeded", "Failed"] + skipped.prefix(5))
        }
    }

    @Test func `one event of an instance runs at a time`() async throws {
        try await TestFleet.with(instances: 0) { fleet, _ in
            let filters = #"[{"Key": "Name", "Value": "shared", "Type": "KEY_AND_VALUE"}]"#
            for group in ["a", "b"] {
                try await fleet(
                    "CreateDeploymentGroup",
                    #"""
                    {"applicationName": "shop", "deploymentGroupName": "\#(group)",
                     "serviceRoleArn": "arn:aws:iam::123456789012:role/codedeploy",
                     "ec2TagFilters": \#(filters)}
                    """#)
            }
            try fleet.service.makeInstances(1, group: "a", application: "shop")
            fleet.agents.hold(.applicationStop)
            let ids = [
                try await fleet.deploy(group: "a"), try await fleet.deploy(group: "b"),
            ]
            for id in ids {
                try await until("it is in progress") {
                    try await fleet.deployment(id)["deploymentOverview", "InProgress"]?.number == 1
                }
            }
            try await until("an event runs") { fleet.agents.mostAtOnce > 0 }
            for _ in 0..<100 { await Task.yield() }
            fleet.agents.release()
            for id in ids { #expect(try await fleet.ended(id)["status"]?.text == "Succeeded") }
            #expect(fleet.agents.asked.count == 14)
            #expect(fleet.agents.mostAtOnce == 1)
        }
    }
}

@Suite struct RequestedInstanceFaultTests {
    @Test func `an instance is broken by its place in the group, and mended by leaving it out`()
        async throws
    {
        try await TestFleet.with(instances: 2) { fleet, instances in
            try fleet.service.setFaults([RequestedInstanceFault("shop/web:2 failing=Install")])
            let id = try await fleet.deploy()
            _ = try await fleet.ended(id)
            #expect(try await fleet.target(instances[0], of: id).status == "Succeeded")
            #expect(try await fleet.target(instances[1], of: id).status == "Failed")
            try fleet.service.setFaults([RequestedInstanceFault("shop/web stopped")])
            let stopped = try await fleet.ended(try await fleet.deploy())
            #expect(stopped["deploymentOverview", "Failed"]?.number == 2)
            try fleet.service.setFaults([])
            #expect(try await fleet.ended(try await fleet.deploy())["status"]?.text == "Succeeded")
            #expect(throws: SandboxError.self) {
                try fleet.service.setFaults([RequestedInstanceFault("shop/web:3 silent")])
            }
            #expect(throws: SandboxError.self) {
                try fleet.service.setFaults([RequestedInstanceFault("shop/none silent")])
            }
        }
    }

    @Test(arguments: [
        "shop/web", "shop/web:0 silent", "shop/web:x silent", "a/b/c silent", "shop/web failing",
        "shop/web failing=Nonsense", "shop/web stopped=Install", "shop/web asleep",
    ])
    func `what names no fault of an instance is refused`(text: String) {
        #expect(throws: SandboxError.self) { try RequestedInstanceFault(text) }
        #expect(RequestedInstanceFault.isMeant(by: text))
    }
}
