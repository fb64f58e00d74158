import SlipwayCommands
import SlipwayCore
import TestSupport
import Testing

/// A file with several sections, something wrong in each.
private let sections = """
    deployment:
      docs:
        branch: gh-pages
        commands: [./publish]
      production:
        branch: master
        codedeploy:
          my-app:
            deployment_group: instances
            application_root: /
            region: us-east-1
            revision_location:
              s3_location: {bucket: revisions, key_pattern: "{BUILD_NUM}"}
      staging:
        branch: develop
        codedeploy:
          my-app:
            region: us-east-1
          worker:
            deployment_group: workers
            application_root: /worker
            region: us-east-1
            revision_location:
              s3_location: {bucket: revisions, key_pattern: worker}
      release:
        tag: /v.*/
        codedeploy:
          worker:
            deployment_group: workers
            application_root: /worker/
            region: us-east-1
            revision_location:
              s3_location: {bucket: revisions, key_pattern: "{BRANCH}/{COMMIT}"}
    """

@Suite("slipway check")
struct CheckCommandTests {
    @Test(arguments: ["text", "json"])
    func `finds what is wrong in every section, not only in the one of the build`(
        form: String
    ) async {
        var world = World(circle: sections)
        world.files["appspec.yml"] = World.appSpec + "hooks:\n  ApplicatonStart: []\n"
        world.files["worker/appspec.yml"] = nil
        world.files["worker/run.sh"] = ""
        let run =
            form == "json" ? await world.run("check", "--json") : await world.run("check")
        expectSnapshot(
            "# standard output\n\(run.output)# standard error\n\(run.errors)"
                + "# exit status\n\(run.status)\n", named: "check-\(form)")
    }

    @Test func `needs no settings for what circle.yml says itself`() async {
        let circle = """
            deployment:
              production:
                branch: master
                codedeploy:
                  my-app: {deployment_group: instances}
            """
        // On another branch the settings of production are nobody's business here.
        let other = await World(circle: circle, branch: "develop").run("check")
        #expect(other.status == 0)
        #expect(other.errors == "circle.yml and what it names: nothing to complain of\n")
        let own = await World(circle: circle).run("check")
        #expect(own.status == 2)
        #expect(own.errors.contains("my-app has no application_root, region, bucket and key"))
        #expect(own.errors.contains("no project is known, so no project settings were read"))
    }

    @Test func `judges the AppSpec at the top where nobody names a root`() async {
        for circle in [
            nil, "deployment: [",
            "deployment: {a: {branch: x, codedeploy: {b: "
                + "{deployment_group: c}}}}",
        ] {
            var world = World(circle: circle)
            world.files["appspec.yml"] = "version: 0.0\nos: linx\n"
            let run = await world.run("check")
            #expect(run.status == 2)
            #expect(run.errors.contains("error: appspec.yml:2:5: the os is linx"))
            world.files = [:]
            let without = await world.run("check")
            #expect(!without.errors.contains("appspec"))
        }
    }

    @Test func `leaves the plan out where neither a branch nor a tag is known`() async {
        let run = await World(circle: sections, branch: nil).run("check", "--json")
        #expect(!run.output.contains("no-branch"))
        #expect(!run.output.contains("no-build-number"))
        #expect(run.output.contains("branch-on-tag-build"))
        let wrong = await World(circle: sections, branch: nil).run("check", "--commit", "abc")
        #expect(wrong.errors.contains("is not the full id of a commit"))
    }

    @Test func `counts only errors against a file`() async {
        let circle = """
            deployment:
              production:
                branch: [master, 1.0]
                codedeploy:
                  my-app:
                    deployment_group: instances
                    application_root: /
                    region: us-east-1
                    revision_location:
                      s3_location: {bucket: revisions, key_pattern: "{COMMIT}"}
            """
        let run = await World(circle: circle).run("check")
        #expect(run.status == 0)
        #expect(run.errors.hasSuffix("\n1 warning\n"))
        let json = await World(circle: circle).run("check", "--json")
        #expect(json.status == 0)
        #expect(json.errors == "")
    }
}
