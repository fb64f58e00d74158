/// Which deployment section a build takes.
///
/// Sections without `codedeploy` are not ours and take no part. Of the others the first in the
/// file that matches is taken; those that match behind it are skipped.
package struct SectionChoice: Equatable, Sendable {
    package let taken: DeploymentSection?
    package let skipped: [DeploymentSection]
    /// Sections that are not ours and stand, matching, before the one taken: on CircleCI the first
    /// of them would have had the build.
    package let overtaken: [DeploymentSection]

    /// Chooses for a build.
    ///
    /// A tag's build looks at `tag` only, any other at `branch` only. `owner` is the account of the
    /// project, nil where the project is not known: then a section with an owner does not match.
    ///
    /// Throws the place of a pattern that takes too long on the build's name.
    package init(
        for build: Build, owner: String?, among sections: [DeploymentSection]
    ) throws(SlowPattern) {
        var budget = ReferencePattern.stepLimit
        var matching: [DeploymentSection] = []
        for section in sections
        where try section.takes(build, owner: owner, budget: &budget) {
            matching.append(section)
        }
        let ours = matching.filter { $0.applications != nil }
        taken = ours.first
        skipped = Array(ours.dropFirst())
        overtaken = ours.isEmpty ? [] : Array(matching.prefix { $0.applications == nil })
    }

    /// Takes a section by its name, whatever was built. Nil where there is none of ours.
    package init?(named name: String, among sections: [DeploymentSection]) {
        let section = sections.first { $0.name.value == name && $0.applications != nil }
        guard let section else { return nil }
        taken = section
        skipped = []
        overtaken = []
    }
}

extension DeploymentSection {
    /// Whether the section takes the build. Account names are compared as their services do,
    /// capitals aside.
    ///
    /// Throws for a pattern that takes too long, where none before it matches.
    package func takes(
        _ build: Build, owner: String?, budget: inout Int
    ) throws(SlowPattern) -> Bool {
        if let wanted = self.owner?.value {
            guard let owner, owner.lowercased() == wanted.lowercased() else { return false }
        }
        if let tag = build.tag?.value { return try Self.matches(tag, tags, &budget) }
        if let branch = build.branch?.value { return try Self.matches(branch, branches, &budget) }
        return false
    }

    private static func matches(
        _ name: String, _ patterns: [Placed<ReferencePattern>], _ budget: inout Int
    ) throws(SlowPattern) -> Bool {
        for pattern in patterns {
            do throws(ReferencePatternError) {
                if try pattern.value.matches(name, budget: &budget) { return true }
            } catch {
                throw SlowPattern(problems: error.problems.map { $0.at(pattern.place) })
            }
        }
        return false
    }
}

/// A regular expression of which nobody can tell in time whether it matches a build.
package struct SlowPattern: Error, Equatable, Sendable, ProblemReporting {
    package let problems: [Problem]

    package var exitStatus: ExitStatus { .configuration }
}

extension ProjectName {
    /// The account: all but the last part.
    package var owner: String {
        rawValue.lastIndex(of: "/").map { String(rawValue[..<$0]) } ?? rawValue
    }
}
