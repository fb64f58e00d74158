import Glibc
import InstanceAgent
import Sandbox
import SlipwayCore
import TestSupport
import Testing

@Suite struct RestartTests {
    /// Runs the body on a fleet, leaves it as a kill would, and starts another in its folder.
    private func restarted<Result>(
        instances: Int, rollback: Bool = false,
        leaving: (TestFleet) async throws -> String,
        _ body: (TestFleet, String) async throws -> Result
    ) async throws -> Result {
        var options = FleetOptions()
        options.instancesPerGroup = instances
        let killed = try TestFleet(options: options)
        try await killed.makeGroup(rollback: rollback)
        let id = try await killed.running { try await leaving(killed) }
        let fleet = try TestFleet(in: killed.folder, options: options)
        defer { killed.agents.release() }
        return try await fleet.running { try await body(fleet, id) }
    }

    @Test func `what was not begun is begun`() async throws {
        var options = FleetOptions()
        options.instancesPerGroup = 2
        let idle = try TestFleet(options: options)
        try await idle.makeGroup()
        let id = try await idle.deploy()
        #expect(try await idle.deployment(id)["status"]?.text == "Created")
        #expect(
            try await idle.error("ListDeploymentTargets", #"{"deploymentId": "\#(id)"}"#)
                == "DeploymentNotStartedException")
        let fleet = try TestFleet(in: idle.folder)
        let info = try await fleet.running { try await fleet.ended(id) }
        #expect(info["status"]?.text == "Succeeded")
        #expect(info["deploymentOverview", "Succeeded"]?.number == 2)
    }

    @Test func `an event that was running has failed, as after an agent's restart`() async throws {
        try await restarted(instances: 3) { fleet in
            fleet.agents.hold(.install)
            let id = try await fleet.deploy("CodeDeployDefault.OneAtATime")
            try await until("an event runs") {
                fleet.agents.asked.contains { $0.event == .install }
            }
            return id
        } _: { fleet, id in
            let info = try await fleet.ended(id)
            #expect(info["status"]?.text == "Failed")
            #expect(info["errorInformation", "code"]?.text == "HEALTH_CONSTRAINTS")
            #expect(info["deploymentOverview", "Failed"]?.number == 1)
            #expect(info["deploymentOverview", "Skipped"]?.number == 2)
            #expect(fleet.agents.asked.isEmpty)
            let first = try await fleet("ListDeploymentTargets", #"{"deploymentId": "\#(id)"}"#)
            let target = try #require(first["targetIds"]?.texts.first)
            let answer = try await fleet(
                "GetDeploymentTarget", #"{"deploymentId": "\#(id)", "targetId": "\#(target)"}"#)
            let events = try #require(
                answer["deploymentTarget", "instanceTarget", "lifecycleEvents"]
            ).items
            #expect(
                events.compactMap { $0["status"]?.text }
                    == ["Succeeded", "Succeeded", "Succeeded", "Failed"]
                    + Array(repeating: "Skipped", count: 3))
            #expect(events[3]["diagnostics", "errorCode"]?.text == "UnknownError")
            #expect(
                events[3]["diagnostics", "message"]?.text
                    == "Failing in-progress lifecycle event after an agent restart.")
        }
    }

    @Test func `what still waited is deployed to, and the rollback follows`() async throws {
        try await restarted(instances: 2, rollback: true) { fleet in
            _ = try await fleet.ended(try await fleet.deploy())
            fleet.agents.hold(.beforeInstall)
            let id = try await fleet.deploy("CodeDeployDefault.AllAtOnce")
            try await until("both run") {
                fleet.agents.asked.count { $0.event == .beforeInstall && $0.deployment.id == id }
                    == 2
            }
            return id
        } _: { fleet, id in
            let info = try await fleet.ended(id)
            #expect(info["status"]?.text == "Failed")
            let rollback = try #require(info["rollbackInfo", "rollbackDeploymentId"]?.text)
            #expect(try await fleet.ended(rollback)["status"]?.text == "Succeeded")
        }
    }

    @Test func `a line that a kill cut short is no change`() async throws {
        try await restarted(instances: 1) { fleet in
            fleet.agents.hold(.install)
            let id = try await fleet.deploy()
            try await until("an event runs") {
                fleet.agents.asked.contains { $0.event == .install }
            }
            let journal = fleet.folder("codedeploy/deployments/\(id).journal")
            let file = open(journal, O_WRONLY | O_APPEND | O_CLOEXEC)
            #expect(write(file, #"{"change":{"#, 11) == 11)
            close(file)
            return id
        } _: { fleet, id in
            let info = try await fleet.ended(id)
            #expect(info["status"]?.text == "Failed")
            let lines = contents(of: fleet.folder("codedeploy/deployments/\(id).journal"))
                .split(separator: UInt8(ascii: "\n"))
            #expect(
                lines.allSatisfy { $0.first == UInt8(ascii: "{") && $0.last == UInt8(ascii: "}") })
            #expect(!lines.contains { $0.starts(with: Array(#"{"change":{{"#.utf8)) })
        }
    }

    @Test func `everything that was made is there again`() async throws {
        let folder = TemporaryFolder()
        let first = try TestFleet(in: folder)
        try await first.makeGroup()
        try await first(
            "CreateDeploymentConfig",
            #"""
            {"deploymentConfigName": "two",
             "minimumHealthyHosts": {"type": "HOST_COUNT", "value": 2}}
            """#)
        let instance = try first.service.instances(group: "web", application: "shop")[0]
        try first.service.setFault(.stopped, instance: instance.id)
        let good = try await first.running {
            try first.service.setFault(nil, instance: instance.id)
            let id = try await first.deploy()
            _ = try await first.ended(id)
            return id
        }
        let second = try TestFleet(in: folder)
        let questions = [
            ("GetApplication", #"{"applicationName": "shop"}"#),
            ("GetDeploymentGroup", #"{"applicationName": "shop", "deploymentGroupName": "web"}"#),
            ("GetDeploymentConfig", #"{"deploymentConfigName": "two"}"#),
            (
                "GetApplicationRevision",
                #"{"applicationName": "shop", "revision": \#(TestFleet.revision)}"#
            ),
            ("GetDeployment", #"{"deploymentId": "\#(good)"}"#),
            (
                "GetDeploymentTarget",
                #"{"deploymentId": "\#(good)", "targetId": "\#(instance.id)"}"#
            ),
        ]
        for (operation, input) in questions {
            let before = try await first(operation, input)
            #expect(try await second(operation, input) == before, "\(operation)")
        }
        #expect(try second.service.instances(group: "web", application: "shop") == [instance])
    }

    @Test func `state that something else has written is refused by name`() async throws {
        let folder = TemporaryFolder()
        _ = try TestFleet(in: folder)
        let path = folder.write("codedeploy/applications/x.json", "not ours")
        #expect(throws: StateFolderError.damaged(path: path)) { try TestFleet(in: folder) }
    }
}
