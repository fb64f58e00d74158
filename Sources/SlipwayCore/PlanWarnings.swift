/// What is no error in a plan, and should be known before it is carried out.
enum PlanWarnings {
    static func fork(_ change: CIEnvironment.Origin) -> Problem {
        Problem(
            .warning, code: "fork", "a pull request from a fork deploys nothing",
            why: change == .fork
                ? "whoever wrote it would decide what is deployed"
                : "this is a pull request, and its event does not say from which repository",
            fix: "add --allow-fork if everyone who can open one may deploy")
    }

    static let mergeCommit = Problem(
        .warning, code: "merge-commit",
        "the commit is one that CI made to try the pull request",
        why: "it is on no branch: nobody will find it later",
        fix: "check out the branch itself, and give --commit \"$(git rev-parse HEAD)\"")

    /// What the choice of a section passed over.
    static func choice(_ choice: SectionChoice) -> [Problem] {
        guard let taken = choice.taken else { return [] }
        let name = UntrustedText(taken.name.value)
        return choice.overtaken.map { section in
            Problem(
                .warning, code: "section-overtaken",
                "\(UntrustedText(section.name.value)) matches this build too, before \(name)",
                why: "it has no codedeploy, so slipway takes \(name); CircleCI took the first",
                fix: "move it below \(name), if that is what you mean"
            ).at(section.name.place)
        }
            + choice.skipped.map { section in
                Problem(
                    .warning, code: "section-skipped",
                    "\(UntrustedText(section.name.value)) matches this build too, and is skipped",
                    why: "only the first section that matches deploys: "
                        + "\(name), in line \(taken.name.place.line)",
                    fix: "let their branches differ, or put all applications into one section"
                ).at(section.name.place)
            }
    }

    static func deployment(_ deployment: PlannedDeployment, of build: Build) -> [Problem] {
        let pattern = deployment.keyPattern
        var found = [keyNotUnique(deployment)]
        if pattern.value.contains(.branch), let branch = build.branch?.value {
            found.append(oddBranch(branch, key: deployment.key))
        }
        found += [longKey(deployment.key), oddKey(deployment.key), archiveKind(deployment.key)]
        var problems = found.compactMap { $0?.at(pattern.origin.place) }
        if let problem = foreignRegion(deployment) {
            problems.append(problem.at(deployment.bucket.origin.place))
        }
        if let problem = configuration(deployment) { problems.append(problem) }
        if let problem = description(deployment) { problems.append(problem) }
        return problems
    }

    /// Applications whose revisions take each other's place.
    static func sharedKeys(_ deployments: [PlannedDeployment]) -> [Problem] {
        deployments.enumerated().compactMap { index, deployment in
            let earlier = deployments[..<index].first {
                $0.bucket.value == deployment.bucket.value && $0.key == deployment.key
            }
            guard let earlier else { return nil }
            return Problem(
                .warning, code: "key-shared",
                "\(deployment.application.value) and \(earlier.application.value) have the same "
                    + "key \(deployment.key)",
                why: "the second revision overwrites the first, unless the bucket keeps versions",
                fix: "put the application's name into each key pattern"
            ).at(deployment.keyPattern.origin.place)
        }
    }

    private static func keyNotUnique(_ deployment: PlannedDeployment) -> Problem? {
        let pattern = deployment.keyPattern.value
        guard !pattern.isUniquePerBuild else { return nil }
        return Problem(
            .warning, code: "key-not-unique",
            "the key pattern \(pattern) gives every build of a branch the same key",
            why: "each revision overwrites the one before, unless the bucket keeps versions",
            fix: "add {SHORT_COMMIT} or {BUILD_NUM}, or switch versioning on")
    }

    private static func oddBranch(_ branch: String, key: S3Key) -> Problem? {
        let odd = branch.unicodeScalars.first {
            !$0.isASCIILetterOrDigit && !"._-/".unicodeScalars.contains($0)
        }
        guard let odd else { return nil }
        return Problem(
            .warning, code: "odd-branch",
            "the branch \(UntrustedText(branch)) puts \(describe(odd)) into the key \(key)",
            why: "S3 takes it, and other tools may read it as something else",
            fix: "use {SHORT_COMMIT} for {BRANCH}, or name the branch otherwise")
    }

    private static func longKey(_ key: S3Key) -> Problem? {
        guard key.byteCount > 900 else { return nil }
        return Problem(
            .warning, code: "long-key",
            "the key has \(key.byteCount) bytes, S3 takes \(KeyPattern.keyByteLimit)",
            why: "a longer branch name would be refused", fix: "shorten the key pattern")
    }

    private static func oddKey(_ key: S3Key) -> Problem? {
        let segments = key.rawValue.split(separator: "/", omittingEmptySubsequences: false)
        let flaw: String
        if segments.first == "" {
            flaw = "begins with a slash"
        } else if segments.last == "" {
            flaw = "ends with a slash"
        } else if segments.contains("") {
            flaw = "has two slashes side by side"
        } else if segments.contains(".") {
            flaw = "has the segment ."
        } else {
            return nil
        }
        return Problem(
            .warning, code: "odd-key", "the key \(key) \(flaw)",
            why: "S3 takes it as it is; consoles and tools show an empty or wrong folder",
            fix: "write the key pattern without it")
    }

    private static func archiveKind(_ key: S3Key) -> Problem? {
        let name = key.rawValue.lowercased()
        let ending = [".tar.gz", ".tgz", ".tar"].first { name.hasSuffix($0) }
        guard let ending else { return nil }
        return Problem(
            .warning, code: "not-a-tarball", "the key \(key) ends in \(ending)",
            why: "a revision is always a zip file, whatever its key says",
            fix: "end the key pattern in .zip, or in nothing")
    }

    private static func foreignRegion(_ deployment: PlannedDeployment) -> Problem? {
        let bucket = deployment.bucket.value.rawValue
        let region = deployment.region.value
        let named = Region.suggestions.filter { bucket.contains($0) }
        guard let other = named.first, !named.contains(region.rawValue) else { return nil }
        return Problem(
            .warning, code: "region-unlike-bucket",
            "\(deployment.application.value) is in \(region), and the bucket \(bucket) is named "
                + "for \(other)",
            why: "instances fetch a revision only from a bucket in their own region",
            fix: "check region, or name a bucket of \(region)")
    }

    private static func configuration(_ deployment: PlannedDeployment) -> Problem? {
        guard let name = deployment.deploymentConfiguration.value, let meant = name.likelyMeant
        else { return nil }
        return Problem(
            .warning, code: "unknown-deployment-config",
            "\(name) is none of the standard deployment configurations",
            why: name.rawValue.hasPrefix("CodeDeployDefault.")
                ? "names that begin with CodeDeployDefault. are AWS's own"
                : "it would have to be one that you made yourself",
            fix: "did you mean \(meant)?"
        ).at(deployment.deploymentConfiguration.origin.place)
    }

    private static func description(_ deployment: PlannedDeployment) -> Problem? {
        guard let description = deployment.description.value, description.isCut else { return nil }
        return Problem(
            .warning, code: "description-cut",
            "the description is cut at \(DeploymentDescription.characterLimit) characters",
            why: "AWS keeps no more", fix: "shorten it"
        ).at(deployment.description.origin.place)
    }
}
