import InstanceAgent
import Sandbox
import SlipwayCore
import TestSupport
import Testing

private let succeeded = Array(repeating: "Succeeded", count: 7)

@Suite struct DeploymentTests {
    @Test func `a deployment goes through the agent's events on every instance`() async throws {
        try await TestFleet.with(instances: 3) { fleet, instances in
            let id = try await fleet.deploy()
            #expect(id.wholeMatch(of: /d-[A-Z0-9]{9}/) != nil)
            let info = try await fleet.ended(id)
            #expect(info["status"]?.text == "Succeeded")
            #expect(info["deploymentOverview", "Succeeded"]?.number == 3)
            #expect(info["deploymentOverview", "Pending"]?.number == 0)
            #expect(info["creator"]?.text == "user")
            #expect(info["errorInformation"] == nil)
            for instance in instances {
                let target = try await fleet.target(instance, of: id)
                #expect(target.status == "Succeeded")
                #expect(target.events == succeeded)
                let asked = fleet.agents.asked.filter { $0.instance == instance }
                #expect(asked.map(\.event) == Lifecycle.events)
                #expect(asked.allSatisfy { $0.deployment.id == id })
                #expect(asked[1].deployment.bundle.files == ["/bundle"])
            }
        }
    }

    /// What the documented table says of one failure among up to twelve instances.
    @Test(arguments: 1...12)
    func `every failing position ends as the arithmetic says`(count: Int) async throws {
        try await TestFleet.with(instances: 0) { fleet, _ in
            for position in 0..<count {
                let half = count == 1 || (count <= 3 && position < count - 1)
                let one = count == 1 || position < count - 1
                for (name, fails) in [
                    ("AllAtOnce", count == 1), ("HalfAtATime", half), ("OneAtATime", one),
                ] {
                    // A group of its own, so that nothing is known of its instances.
                    let group = "\(name)-\(position)"
                    try await fleet.makeGroup(group)
                    let own = try fleet.service.makeInstances(
                        count, group: group, application: "shop"
                    ).map(\.id)
                    fleet.agents.fail(.afterInstall, on: own[position])
                    let id = try await fleet.deploy("CodeDeployDefault.\(name)", group: group)
                    let info = try await fleet.ended(id)
                    #expect(info["status"]?.text == (fails ? "Failed" : "Succeeded"), "\(group)")
                    #expect(
                        info["errorInformation", "code"]?.text
                            == (fails ? "HEALTH_CONSTRAINTS" : nil))
                    let attempted = fleet.agents.asked.filter {
                        $0.deployment.id == id && $0.event == .downloadBundle
                    }.count
                    #expect(attempted == (fails ? min(count, position + 1) : count))
                    #expect(
                        info["deploymentOverview", "Skipped"]?.number == Double(count - attempted))
                    #expect(info["deploymentOverview", "Failed"]?.number == 1)
                    let target = try await fleet.target(own[position], of: id)
                    #expect(target.status == "Failed")
                    #expect(
                        target.events == succeeded.prefix(4) + ["Failed", "Skipped", "Skipped"])
                }
            }
        }
    }

    @Test func `no more instances are in progress than may be`() async throws {
        try await TestFleet.with(instances: 9) { fleet, _ in
            fleet.agents.hold(.install)
            let id = try await fleet.deploy("CodeDeployDefault.HalfAtATime")
            try await until("four are in progress") {
                fleet.agents.asked.count { $0.event == .install } == 4
            }
            let overview = try await fleet.deployment(id)["deploymentOverview"]
            #expect(overview?["InProgress"]?.number == 4)
            #expect(overview?["Pending"]?.number == 5)
            fleet.agents.release()
            #expect(try await fleet.ended(id)["status"]?.text == "Succeeded")
        }
    }

    @Test func `a group takes one deployment at a time`() async throws {
        try await TestFleet.with(instances: 1) { fleet, _ in
            fleet.agents.hold(.install)
            let id = try await fleet.deploy()
            let fault = await #expect(throws: AWSFault.self) { try await fleet.deploy() }
            #expect(fault?.code == "DeploymentLimitExceededException")
            #expect(
                fault?.message
                    == "The Deployment Group 'web' already has an active Deployment '\(id)'")
            fleet.agents.release()
            _ = try await fleet.ended(id)
            _ = try await fleet.ended(try await fleet.deploy())
        }
    }

    @Test func `without instances nothing is deployed`() async throws {
        try await TestFleet.with(instances: 0) { fleet, _ in
            let info = try await fleet.ended(try await fleet.deploy())
            #expect(info["status"]?.text == "Failed")
            #expect(info["errorInformation", "code"]?.text == "NO_INSTANCES")
        }
    }

    @Test func `more healthy instances than there are cannot be asked for`() async throws {
        try await TestFleet.with(instances: 10) { fleet, _ in
            try await fleet(
                "CreateDeploymentConfig",
                #"""
                {"deploymentConfigName": "nearly-all",
                 "minimumHealthyHosts": {"type": "FLEET_PERCENT", "value": 95}}
                """#)
            let info = try await fleet.ended(try await fleet.deploy("nearly-all"))
            #expect(info["errorInformation", "code"]?.text == "HEALTH_CONSTRAINTS_INVALID")
            #expect(info["deploymentOverview", "Skipped"]?.number == 10)
            #expect(fleet.agents.asked.isEmpty)
        }
    }

    @Test func `a stop script that fails can be ignored`() async throws {
        try await TestFleet.with(instances: 1) { fleet, instances in
            fleet.agents.fail(.applicationStop, on: instances[0])
            let strict = try await fleet.deploy()
            #expect(try await fleet.ended(strict)["status"]?.text == "Failed")
            let lenient = try await fleet.deploy(
                "CodeDeployDefault.AllAtOnce", #", "ignoreApplicationStopFailures": true"#)
            #expect(try await fleet.ended(lenient)["status"]?.text == "Succeeded")
            let target = try await fleet.target(instances[0], of: lenient)
            #expect(target.events == ["Failed"] + succeeded.dropFirst())
            #expect(target.status == "Succeeded")
            fleet.agents.fail(.beforeInstall, on: instances[0])
            let other = try await fleet.deploy(
                "CodeDeployDefault.AllAtOnce", #", "ignoreApplicationStopFailures": true"#)
            #expect(try await fleet.ended(other)["status"]?.text == "Failed")
        }
    }

    @Test func `what an agent tells of a failure is in the answer`() async throws {
        try await TestFleet.with(instances: 1) { fleet, instances in
            fleet.agents.fail(.applicationStart, on: instances[0])
            let id = try await fleet.deploy()
            _ = try await fleet.ended(id)
            let target = try await fleet(
                "GetDeploymentTarget",
                #"{"deploymentId": "\#(id)", "targetId": "\#(instances[0])"}"#)
            let event = try #require(
                target["deploymentTarget", "instanceTarget", "lifecycleEvents"]?.items[5])
            #expect(event["lifecycleEventName"]?.text == "ApplicationStart")
            #expect(event["diagnostics", "errorCode"]?.text == "ScriptFailed")
            #expect(event["diagnostics", "scriptName"]?.text == "bad.sh")
            #expect(event["diagnostics", "message"]?.text == "no luck")
            #expect(event["diagnostics", "logTail"]?.text == "[stderr]no")
            let start = try #require(event["startTime"]?.number)
            #expect(try #require(event["endTime"]?.number) >= start)
        }
    }

    @Test func `a stop lets the running events end and begins nothing more`() async throws {
        try await TestFleet.with(instances: 2) { fleet, instances in
            fleet.agents.hold(.beforeInstall)
            let id = try await fleet.deploy("CodeDeployDefault.OneAtATime")
            try await until("an event runs") {
                fleet.agents.asked.contains { $0.event == .beforeInstall }
            }
            let stop = #"{"deploymentId": "\#(id)"}"#
            #expect(try await fleet("StopDeployment", stop)["status"]?.text == "Pending")
            #expect(try await fleet("StopDeployment", stop)["status"]?.text == "Pending")
            fleet.agents.release()
            let info = try await fleet.ended(id)
            #expect(info["status"]?.text == "Stopped")
            #expect(info["errorInformation", "code"]?.text == "MANUAL_STOP")
            #expect(info["rollbackInfo"] == nil)
            let first = try await fleet.target(instances[0], of: id)
            #expect(first.status == "Failed")
            #expect(
                first.events
                    == succeeded.prefix(3) + ["Skipped", "Skipped", "Skipped", "Skipped"])
            #expect(try await fleet.target(instances[1], of: id).status == "Skipped")
            #expect(
                try await fleet.error("StopDeployment", stop)
                    == "DeploymentAlreadyCompletedException")
        }
    }

    @Test func `a failure is rolled back by a new deployment`() async throws {
        try await TestFleet.with(instances: 0) { fleet, _ in
            try await fleet.makeGroup("safe", rollback: true)
            let instance = try fleet.service.makeInstances(1, group: "safe", application: "shop")[0]
            fleet.agents.fail(.install, on: instance.id)
            let hopeless = try await fleet.ended(try await fleet.deploy(group: "safe"))
            #expect(hopeless["rollbackInfo", "rollbackDeploymentId"] == nil)
            #expect(hopeless["rollbackInfo", "rollbackMessage"] != nil)

            fleet.agents.fail(nil, on: instance.id)
            let good = try await fleet.deploy(
                "CodeDeployDefault.AllAtOnce", #", "fileExistsBehavior": "OVERWRITE""#,
                group: "safe")
            _ = try await fleet.ended(good)
            fleet.agents.fail(.validateService, on: instance.id)
            let failed =
                try await fleet(
                    "CreateDeployment",
                    #"""
                    {"applicationName": "shop", "deploymentGroupName": "safe", "revision":
                     {"revisionType": "S3", "s3Location":
                      {"bucket": "b", "key": "next.zip", "bundleType": "zip"}}}
                    """#)["deploymentId"]?.text ?? ""
            let info = try await fleet.ended(failed)
            fleet.agents.fail(nil, on: instance.id)
            let rollback = try #require(info["rollbackInfo", "rollbackDeploymentId"]?.text)
            let back = try await fleet.ended(rollback)
            #expect(back["creator"]?.text == "codeDeployRollback")
            #expect(back["rollbackInfo", "rollbackTriggeringDeploymentId"]?.text == failed)
            #expect(
                back["rollbackInfo", "rollbackMessage"]?.text
                    == "Deployment \(rollback) is triggered to roll back deployment \(failed).")
            #expect(back["revision", "s3Location", "key"]?.text == "app.zip")
            #expect(back["fileExistsBehavior"]?.text == "OVERWRITE")
            let group = try await fleet(
                "GetDeploymentGroup",
                #"{"applicationName": "shop", "deploymentGroupName": "safe"}"#)
            #expect(
                group["deploymentGroupInfo", "targetRevision", "s3Location", "key"]?.text
                    == "app.zip")
            #expect(
                group["deploymentGroupInfo", "lastAttemptedDeployment", "deploymentId"]?.text
                    == rollback)
        }
    }

    @Test func `a rollback that fails is not rolled back`() async throws {
        try await TestFleet.with(instances: 0) { fleet, _ in
            try await fleet.makeGroup("safe", rollback: true)
            let instance = try fleet.service.makeInstances(1, group: "safe", application: "shop")[0]
            _ = try await fleet.ended(try await fleet.deploy(group: "safe"))
            fleet.agents.fail(.validateService, on: instance.id)
            let failed = try await fleet.ended(try await fleet.deploy(group: "safe"))
            let rollback = try #require(failed["rollbackInfo", "rollbackDeploymentId"]?.text)
            let info = try await fleet.ended(rollback)
            #expect(info["status"]?.text == "Failed")
            #expect(info["rollbackInfo", "rollbackDeploymentId"] == nil)
            #expect(try await fleet("ListDeployments")["deployments"]?.texts.count == 3)
        }
    }

    @Test func `a stop rolls back where it is asked to`() async throws {
        try await TestFleet.with(instances: 1) { fleet, _ in
            _ = try await fleet.ended(try await fleet.deploy())
            fleet.agents.hold(.install)
            let id = try await fleet.deploy()
            try await until("an event runs") {
                fleet.agents.asked.contains { $0.event == .install && $0.deployment.id == id }
            }
            try await fleet(
                "StopDeployment", #"{"deploymentId": "\#(id)", "autoRollbackEnabled": true}"#)
            fleet.agents.release()
            let info = try await fleet.ended(id)
            #expect(info["status"]?.text == "Stopped")
            let rollback = try #require(info["rollbackInfo", "rollbackDeploymentId"]?.text)
            #expect(try await fleet.ended(rollback)["status"]?.text == "Succeeded")
        }
    }

    @Test func `only outdated instances are updated where that is asked`() async throws {
        try await TestFleet.with(instances: 2) { fleet, instances in
            _ = try await fleet.ended(try await fleet.deploy())
            let new = try fleet.service.makeInstances(1, group: "web", application: "shop")[0].id
            let only = #", "updateOutdatedInstancesOnly": true"#
            let id = try await fleet.deploy("CodeDeployDefault.AllAtOnce", only)
            #expect(try await fleet.ended(id)["status"]?.text == "Succeeded")
            let targets = try await fleet("ListDeploymentTargets", #"{"deploymentId": "\#(id)"}"#)
            #expect(targets["targetIds"]?.texts == [new])
            let none = try await fleet.deploy("CodeDeployDefault.AllAtOnce", only)
            #expect(try await fleet.ended(none)["status"]?.text == "Succeeded")
        }
    }

    @Test func `a group's revision changes only when all of a deployment succeeds`() async throws {
        try await TestFleet.with(instances: 2) { fleet, instances in
            fleet.agents.fail(.install, on: instances[0])
            _ = try await fleet.ended(try await fleet.deploy("CodeDeployDefault.OneAtATime"))
            let name = #"{"applicationName": "shop", "deploymentGroupName": "web"}"#
            let failed = try await fleet("GetDeploymentGroup", name)
            #expect(failed["deploymentGroupInfo", "targetRevision"] == nil)
            #expect(failed["deploymentGroupInfo", "lastSuccessfulDeployment"] == nil)
            #expect(
                failed["deploymentGroupInfo", "lastAttemptedDeployment", "status"]?.text
                    == "Failed")
            fleet.agents.fail(nil, on: instances[0])
            let id = try await fleet.deploy()
            _ = try await fleet.ended(id)
            let good = try await fleet("GetDeploymentGroup", name)
            #expect(
                good["deploymentGroupInfo", "targetRevision", "s3Location", "key"]?.text
                    == "app.zip")
            #expect(
                good["deploymentGroupInfo", "lastSuccessfulDeployment", "deploymentId"]?.text == id)
        }
    }
}

@Suite struct LargeFleetTests {
    @Test func `a thousand instances write no more than what happens to them`() async throws {
        var options = FleetOptions()
        options.instancesPerGroup = 0
        let folder = TemporaryFolder()
        let service = try CodeDeploy(
            folder: folder("codedeploy"), region: Region("us-east-1"), account: "123456789012",
            objects: .one, agents: InstanceAgents(hooks: .simulated), options: options)
        let fleet = TestFleet(folder: folder, service: service)
        let places = try service.prepare(group: "web", application: "shop", instances: 1000)
        #expect(Set(places.map(\.id)).count == 1000)
        let id = try await fleet.running {
            let id = try await fleet.deploy()
            let info = try await fleet.ended(id)
            #expect(info["deploymentOverview", "Succeeded"]?.number == 1000)
            return id
        }
        let journal = contents(of: folder("codedeploy/deployments/\(id).journal"))
        let lines = journal.split(separator: UInt8(ascii: "\n"))
        // Two for each of seven events and of the target itself, one for the start and the end.
        #expect(lines.count == 16_002)
        #expect(journal.count < 4_000_000)
    }

    @Test func `a setup that is there already is left as it is, and only grows`() throws {
        let fleet = try TestFleet()
        let first = try fleet.service.prepare(group: "web", application: "shop", instances: 2)
        #expect(first.count == 2)
        let again = try fleet.service.prepare(group: "web", application: "shop", instances: 3)
        #expect(again.prefix(2) == first[...])
        #expect(again.count == 3)
        #expect(
            try fleet.service.prepare(group: "web", application: "shop", instances: 1) == again)
        #expect(fleet.service.fleet.map(\.group) == ["web"])
    }
}
