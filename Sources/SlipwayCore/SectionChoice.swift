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
    package init(for build: Build, owner: String?, among sections: [DeploymentSection]) {
        let matching = sections.filter { $0.takes(build, owner: owner) }
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
    package func takes(_ build: Build, owner: String?) -> Bool {
        if let wanted = self.owner?.value {
            guard let owner, owner.lowercased() == wanted.lowercased() else { return false }
        }
        if let tag = build.tag?.value { return tags.contains { $0.value.matches(tag) } }
        if let branch = build.branch?.value {
            return branches.contains { $0.value.matches(branch) }
        }
        return false
    }
}

extension ProjectName {
    /// The account: all but the last part.
    package var owner: String {
        rawValue.lastIndex(of: "/").map { String(rawValue[..<$0]) } ?? rawValue
    }
}
