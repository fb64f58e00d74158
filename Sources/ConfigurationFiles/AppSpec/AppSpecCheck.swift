package import SlipwayCore

/// Judges the AppSpec of a revision against the files of the revision.
package enum AppSpecCheck {
    /// The name that the agent looks for, at the root.
    package static let fileName = "appspec.yml"

    /// Finds the AppSpec at the root of a revision, reads it, and looks at what it names.
    ///
    /// The name of a file that has another spelling is a finding, and the file is judged too.
    package static func check(_ tree: FileTree) -> AppSpecReading {
        let names = tree.entries("").map(\.name)
        if names.contains(fileName) { return check(fileName, in: tree) }
        let other = names.sorted().first(where: isOtherSpelling)
        guard let other else {
            let nested = tree.entries("").filter { $0.kind == .folder }.map(\.name).sorted()
                .first { tree.kind("\($0)/\(fileName)") == .file }
            return AppSpecReading(
                draft: nil,
                findings: [
                    AppSpecFinding(
                        .missingFile(fileName, insteadFound: nested.map { "\($0)/\(fileName)" }),
                        .refused(by: AgentGeneration.allCases, at: .beforeInstall), at: nil)
                ])
        }
        return check(other, in: tree)
    }

    /// Judges one file at the root of a tree, as if it was the AppSpec.
    package static func check(_ name: String, in tree: FileTree) -> AppSpecReading {
        var findings: [AppSpecFinding] = []
        let names = tree.entries("").map(\.name)
        if name != fileName {
            let verdict: AppSpecFinding.Verdict =
                switch name {
                // Agent 2.0 finds it too.
                case "appspec.yaml": .refused(by: [.v18], at: .beforeInstall)
                case _ where isOtherSpelling(name):
                    .refused(by: AgentGeneration.allCases, at: .beforeInstall)
                default: .accepted
                }
            findings.append(AppSpecFinding(.fileName(name), verdict, at: nil))
        } else {
            for other in names.sorted() where isOtherSpelling(other) {
                findings.append(AppSpecFinding(.secondFile(other), .accepted, at: nil))
            }
        }
        guard case .found(let path, .file) = tree.resolve(name),
            let bytes = tree.head(path, AppSpecReader.byteLimit + 1)
        else {
            return AppSpecReading(
                draft: nil,
                findings: [
                    AppSpecFinding(
                        .missingFile(name, insteadFound: nil),
                        .refused(by: AgentGeneration.allCases, at: .beforeInstall), at: nil)
                ], fileName: name)
        }
        let reading = AppSpecReader.read(bytes)
        findings += merged(reading.findings, reading.draft?.findings(against: tree) ?? [])
        return AppSpecReading(draft: reading.draft, findings: findings, fileName: name)
    }

    /// Both, without the warnings of what turned out to be an error.
    private static func merged(
        _ findings: [AppSpecFinding], _ ofTree: [AppSpecFinding]
    ) -> [AppSpecFinding] {
        var places: [String: AppSpec.Place] = [:]
        var kept: [AppSpecFinding] = []
        for finding in findings {
            if case .numericOwner(let path, let text) = finding.flaw,
                ofTree.contains(where: { $0.flaw == .numericOwnerOnFile(path: path, text: text) })
            {
                places[path] = finding.place
            } else {
                kept.append(finding)
            }
        }
        return kept
            + ofTree.map { finding in
                guard case .numericOwnerOnFile(let path, _) = finding.flaw else { return finding }
                return AppSpecFinding(
                    finding.flaw, finding.verdict, at: places[path] ?? finding.place)
            }
    }

    private static func isOtherSpelling(_ name: String) -> Bool {
        name != fileName && ["appspec.yml", "appspec.yaml"].contains(name.lowercased())
    }
}
