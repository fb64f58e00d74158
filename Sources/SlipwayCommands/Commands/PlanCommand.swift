import ArgumentParser
import SlipwayCore

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what this build would deploy, and where each value comes from.",
        discussion: """
            Reads circle.yml at the top of the repository, the project's settings and the build. \
            Needs no network and no unlocker, and changes nothing.

            Judges the AppSpec of each application root as check does. Ends with status 2 where \
            something is wrong, and shows no plan then.

            With --json: {"project", "build": {"branch", "commit", "build_num", "tag"}, \
            "section", "skipped_sections", "deployments": [{"application", "key", "revision": \
            {"files", "bytes"}, and the settings by their names in circle.yml}], "problems"}. \
            What was built, and each setting, is {"value", "origin"}.

            Examples:
              slipway plan
              slipway plan --branch master --build-num 42
              slipway plan --json | jq -r '.deployments[].key'
            """)

    @OptionGroup var build: BuildOptions
    @OptionGroup var project: ProjectOption
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let report = try PlanReport(build, project, store)
        let console = Services.current.console
        if output.json {
            try console.json(report.json)
        } else if let plan = report.plan {
            try show(plan, report)
        }
        console.show(report.problems)
        if report.hasErrors {
            try console.flush()
            throw EarlyExit(.configuration)
        }
    }

    private func show(_ plan: DeploymentPlan, _ report: PlanReport) throws {
        let console = Services.current.console
        try PlanText.heading(plan, report).forEach(console.line)
        for deployment in plan.deployments {
            try console.line("")
            try PlanText.lines(deployment, report.sizes[deployment.applicationRoot.value])
                .forEach(console.line)
        }
    }
}

/// A plan for people.
enum PlanText {
    static func heading(_ plan: DeploymentPlan, _ report: PlanReport) -> [String] {
        let build = plan.build
        let parts = [
            build.branch.map { "branch \($0.value) (\($0.origin))" },
            build.tag.map { "tag \($0.value) (\($0.origin))" },
            build.commit.map { "commit \($0.value.short) (\($0.origin))" },
            build.number.map { "number \($0.value) (\($0.origin))" },
        ]
        let shown = parts.compactMap(\.self)
        var lines = [
            "project  \(report.project?.rawValue ?? "not known")",
            "build    \(shown.isEmpty ? "nothing is known" : shown.joined(separator: ", "))",
        ]
        if let section = plan.section {
            lines.append("section  \(section.value) (\(section.place))")
        } else {
            lines.append("nothing to deploy: \(reason(plan, report))")
        }
        return lines
    }

    /// Why there is nothing to deploy.
    static func reason(_ plan: DeploymentPlan, _ report: PlanReport) -> String {
        switch plan.idleReason {
        case .fork: return "a pull request from a fork is not deployed"
        case .noSections, nil: return "circle.yml has no deployment section with codedeploy"
        case .noMatch:
            let names = report.sections.map(\.name.value).joined(separator: ", ")
            let what =
                plan.build.tag.map { "the tag \($0.value)" }
                ?? plan.build.branch.map { "the branch \($0.value)" } ?? "this build"
            return "\(what) is for none of the sections (\(names))"
        }
    }

    /// A deployment: names, values and origins in columns.
    static func lines(_ deployment: PlannedDeployment, _ size: RevisionSize?) -> [String] {
        var rows = deployment.settings.compactMap { setting -> [String]? in
            guard setting.value != .null || setting.name == "deployment_config" else { return nil }
            return [setting.name, setting.text ?? "the group's own", setting.origin.description]
        }
        rows.append(["key", deployment.key.rawValue, ""])
        if let size {
            rows.append(["revision", size.words, ""])
        }
        let widths = [0, 1].map { column in rows.map { $0[column].count }.max() ?? 0 }
        let place = deployment.application.place
        return ["\(deployment.application.value) (\(place))"]
            + rows.map { "  " + Console.row($0, [widths[0], min(widths[1], 48), 0]) }
    }
}
