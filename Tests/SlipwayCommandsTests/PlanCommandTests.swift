import SlipwayCommands
import SlipwayCore
import TestSupport
import Testing

/// A file that says everything, for two applications.
private let everything = """
    deployment:
      docs:
        branch: master
        commands: [./publish]
      production:
        branch: [master, /release-.*/]
        codedeploy:
          my-app:
            deployment_group: instances
            application_root: /
            region: us-east-1
            auto_rollback: [DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_ALARM]
            timeout: 30m
            revision_location:
              revision_type: S3
              s3_location: {bucket: revisions, key_pattern: "apps/{BRANCH}/{SHORT_COMMIT}"}
          worker:
            deployment_group: workers
            deployment_config: CodeDeployDefault.OneAtATime
            application_root: /worker
            region: us-east-1
            revision_location:
              s3_location: {bucket: revisions, key_pattern: worker}
      late:
        branch: master
        codedeploy: {my-app: {deployment_group: others}}
    """

@Suite("slipway plan")
struct PlanCommandTests {
    @Test(arguments: ["text", "json"])
    func `shows every value with its origin`(form: String) async {
        let world = World(circle: everything)
        let run =
            form == "json"
            ? await world.run("plan", "--project", "acme/shop", "--json")
            : await world.run("plan", "--project", "acme/shop")
        expectSnapshot(
            "# standard output\n\(run.output)# standard error\n\(run.errors)"
                + "# exit status\n\(run.status)\n", named: "plan-\(form)")
    }

    @Test func `deploys nothing from a branch that no section takes, and says so`() async {
        let run = await World(circle: everything, branch: "develop").run("plan")
        #expect(run.status == 0)
        #expect(
            run.output.contains(
                "nothing to deploy: the branch develop is for none of the sections "
                    + "(production, late)"))
    }

    @Test func `deploys nothing for a fork unless that is allowed`() async {
        let environment = [
            "CIRCLECI": "true", "CIRCLE_BRANCH": "master", "CIRCLE_PR_NUMBER": "7",
            "CIRCLE_PR_USERNAME": "mallory",
        ]
        let world = World(circle: everything, environment: environment)
        let refused = await world.run("plan")
        #expect(refused.status == 0)
        #expect(refused.output.contains("nothing to deploy: a pull request from a fork"))
        #expect(refused.errors.contains("fix: add --allow-fork"))
        let allowed = await world.run("plan", "--allow-fork")
        #expect(allowed.output.contains("branch master (environment)"))
        #expect(allowed.output.contains("worker (circle.yml:"))
    }

    @Test func `prints its document with the problems, and ends with 2`() async {
        let world = World(circle: "deployment: {a: {branch: master, codedeploy: {my-app: }}}")
        let run = await world.run("plan", "--json")
        #expect(run.status == 2)
        #expect(run.output.contains("\"code\": \"missing-settings\""))
        #expect(run.output.contains("\"deployments\": []"))
        #expect(run.errors.contains("no project is known, so no project settings were read"))
        let named = await world.run("plan", "--project", "acme/shop")
        #expect(named.output == "")
        #expect(named.errors.contains("there is no store at /nowhere/slipway.db"))
    }

    @Test func `needs a circle.yml and a folder to pack`() async {
        let without = await World(circle: nil).run("plan")
        #expect(without.status == 2)
        #expect(without.errors.contains("there is no circle.yml in /repository"))
        let problem = Problem(code: "root-missing", "the application root / is not there")
        let run = await World(circle: everything, sizeProblem: problem).run("plan")
        #expect(run.status == 2)
        #expect(run.errors.contains("error: circle.yml:10:27: the application root / is not there"))
    }

    @Test func `judges the AppSpec of each application root`() async {
        var world = World(circle: everything)
        world.files["worker/appspec.yml"] = nil
        let missing = await world.run("plan", "--json")
        #expect(missing.status == 2)
        #expect(missing.output.contains("\"deployments\": []"))
        #expect(
            missing.errors.contains(
                "error: circle.yml:20:27: the application root /worker has no appspec.yml"))
        world.files["worker/appspec.yml"] =
            "version: 0.0\nos: linux\nhooks: {Instal: [{location: appspec.yml}]}\n"
        let wrong = await world.run("plan")
        #expect(wrong.status == 2)
        #expect(wrong.errors.contains("error: worker/appspec.yml:3:9: "))
        // What an agent takes and nobody means is a warning.
        world.files["worker/appspec.yml"] = World.appSpec + "flies: []\n"
        let odd = await world.run("plan")
        #expect(odd.status == 0)
        #expect(odd.output.contains("worker (circle.yml:17)"))
        #expect(odd.errors.contains("warning: worker/appspec.yml:3:1: "))
    }

    @Test func `judges AppSpecs even where the plan lacks something`() async {
        let circle = """
            deployment:
              production:
                branch: master
                codedeploy:
                  worker: {deployment_group: workers, application_root: /worker}
            """
        var world = World(circle: circle)
        world.files["worker/appspec.yml"] = "version: 0.0\nos: linx\n"
        for command in ["plan", "check"] {
            let run = await world.run(command)
            #expect(run.status == 2)
            #expect(run.errors.contains("circle.yml:5:7: worker has no region, bucket and key_p"))
            #expect(run.errors.contains("error: worker/appspec.yml:2:5: the os is linx"))
        }
    }

    @Test(arguments: [
        ["--commit", "abc"], ["--build-num", "one"], ["--section", "prodction"],
        ["--branch", "a\nb"],
    ])
    func `refuses a build that cannot be`(options: [String]) async {
        let world = World(circle: everything)
        let run = await world.run("plan", options[0], options[1])
        #expect(run.status == 2)
        #expect(run.errors.contains("  fix: "))
    }

    @Test func `takes the section that is named`() async {
        let world = World(circle: everything, branch: nil)
        let unknown = await world.run("plan")
        #expect(unknown.status == 2)
        #expect(unknown.errors.contains("neither a branch nor a tag is known"))
        let named = await world.run("plan", "--section", "production", "--branch", "x")
        #expect(named.status == 0)
        #expect(named.output.contains("key                apps/x/0123456"))
    }
}
