// What to tell people of each value that is not one.

extension NameError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] { [problem] }

    private var problem: Problem {
        let shown = shownWord(name)
        switch kind {
        case .project:
            return Problem(
                code: "invalid-project", "\"\(shown)\" is not a project name", why: why,
                fix: "write it as owner/name, for example acme/shop")
        case .application:
            return Problem(
                code: "invalid-application",
                "\"\(shown)\" is not the name of a CodeDeploy application", why: why,
                fix: "use the name that CodeDeploy knows: letters, digits and . _ + = , @ -")
        }
    }

    private var why: String {
        switch flaw {
        case .empty: "it is empty"
        case .tooLong(let limit): "it is longer than \(limit) characters"
        case .notOwnerAndName: "a project is a repository: an owner, a slash and a name"
        case .character(let scalar): "it contains \(describe(scalar))"
        }
    }
}

extension SettingsError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] { flaws.map(\.problem) }
}

extension SettingsError.Flaw {
    /// The problem, without a place.
    package var problem: Problem {
        switch self {
        case .applicationRoot(let error): error.problem
        case .region(let error): error.problem
        case .bucket(let error): error.problem
        case .keyPattern(let error): error.problem
        case .halfALocation(let missing):
            Problem(
                code: "half-a-location",
                missing == .bucket
                    ? "there is a key pattern but no bucket"
                    : "there is a bucket but no key pattern",
                why: "the revision location is taken whole: it needs both",
                fix: missing == .bucket
                    ? "set the bucket too, or unset the key pattern"
                    : "set the key pattern too, for example apps/my-app-{SHORT_COMMIT}")
        }
    }
}

extension ApplicationRootError {
    package var problem: Problem {
        let shown = shownWord(root)
        return switch flaw {
        case .noLeadingSlash:
            Problem(
                code: "root-without-slash",
                "the application root \"\(shown)\" does not begin with /",
                why: "it is counted from the repository's root, which is /",
                fix: root.first.map { $0.isLetter || $0.isNumber } == true && !root.contains("\\")
                    ? "write /\(shown)" : "write it from the repository's root, for example /app")
        case .leavesRepository:
            Problem(
                code: "root-leaves-repository",
                "the application root \"\(shown)\" has .. in it",
                why: "only what is inside the repository can be packaged",
                fix: "name a folder of the repository, for example /app")
        case .tooLong(let byteLimit):
            Problem(
                code: "root-too-long", "the application root is longer than \(byteLimit) bytes",
                fix: "name a folder of the repository, for example /app")
        case .control(let scalar):
            Problem(
                code: "control-character",
                "the application root contains \(describe(scalar))",
                fix: "type it again; pasting may have brought the character in")
        }
    }
}

extension RegionError {
    package var problem: Problem {
        Problem(
            code: "invalid-region",
            "\"\(shownWord(region))\" is not an AWS region",
            why: "a region is written like us-east-1",
            fix: nearest.map { "did you mean \($0)?" }
                ?? "aws ec2 describe-regions lists them, or look into the console's address")
    }
}

extension BucketNameError {
    package var problem: Problem {
        let shown = shownWord(bucket)
        let (why, fix): (String, String) =
            switch flaw {
            case .isURL: ("it is a URL", "give the name alone, without s3:// and without a path")
            case .hasSlash:
                ("it contains a slash", "put what follows the slash into the key pattern")
            case .length: ("a bucket name has 3 to 63 characters", "check the bucket's name")
            case .edge:
                (
                    "a bucket name begins and ends with a letter or a digit",
                    "check the bucket's name"
                )
            case .dots: ("it has two dots side by side", "check the bucket's name")
            case .ipAddress: ("it has the form of an IP address", "check the bucket's name")
            case .character(let scalar):
                (
                    "it contains \(describe(scalar))",
                    "bucket names have lower-case letters, digits, . and -"
                )
            }
        return Problem(
            code: "invalid-bucket", "\"\(shown)\" is not the name of an S3 bucket",
            why: why, fix: fix)
    }
}

extension KeyPatternError {
    package var problem: Problem {
        let shown = shownWord(pattern)
        let variables = KeyPattern.Variable.allCases.map { "{\($0.rawValue)}" }
            .joined(separator: ", ")
        return switch flaw {
        case .empty:
            Problem(
                code: "empty-key-pattern", "the key pattern is empty",
                fix: "write one, for example apps/my-app-{SHORT_COMMIT}")
        case .unclosedBrace:
            Problem(
                code: "unclosed-brace",
                "the key pattern \"\(shown)\" opens a brace that it does not close",
                why: "a { begins one of \(variables)", fix: "close it with }")
        case .unknownVariable(let name, let nearest):
            Problem(
                code: "unknown-variable",
                "the key pattern has the unknown variable {\(UntrustedText(name))}",
                why: "the variables are \(variables)",
                fix: nearest.map { "did you mean {\($0)}?" } ?? "use one of them")
        case .control(let scalar):
            Problem(
                code: "control-character", "the key pattern contains \(describe(scalar))",
                fix: "type it again; pasting may have brought the character in")
        case .tooLong(let byteLimit):
            Problem(
                code: "key-too-long", "the key pattern gives keys longer than \(byteLimit) bytes",
                why: "that is the longest key that S3 takes", fix: "shorten it")
        }
    }
}

extension AWSKeyError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] { [problem] }

    private var problem: Problem {
        switch self {
        case .accessKeyIDLength(let count):
            Problem(
                code: "invalid-access-key-id", "that is not an access key id",
                why: "it has \(count) characters, an id has 16 to 128",
                fix: "give the id alone, such as AKIAIOSFODNN7EXAMPLE; "
                    + "the secret is asked for, or read from standard input")
        case .accessKeyIDCharacters:
            Problem(
                code: "invalid-access-key-id", "that is not an access key id",
                why: "an id has capital letters and digits only",
                fix: "give the id alone, such as AKIAIOSFODNN7EXAMPLE; "
                    + "the secret is asked for, or read from standard input")
        case .empty(let part):
            Problem(
                code: "empty-secret", "the \(part.rawValue) is empty",
                fix: "give it on standard input, or type it when asked")
        case .tooLong(let part, let byteLimit):
            Problem(
                code: "secret-too-long", "the \(part.rawValue) is longer than \(byteLimit) bytes",
                fix: "give the secret alone")
        case .containsNUL(let part):
            Problem(
                code: "secret-with-nul", "the \(part.rawValue) contains a NUL byte",
                why: "no environment variable can hold one", fix: "give the secret as text")
        }
    }
}

/// A word that somebody typed as an error may show it: not all of a long one, and nothing of one
/// that is made as AWS's secrets and unlock keys are, which may have been put into the wrong place.
package func shownWord(_ word: String) -> String {
    let letters = word.unicodeScalars
    let isLikeSecret =
        letters.count >= 40 && letters.contains { ("A"..."Z").contains($0) }
        && letters.contains { ("a"..."z").contains($0) }
        && letters.contains { ("0"..."9").contains($0) }
    if isLikeSecret { return "(hidden: it may be a secret)" }
    return UntrustedText(word.count > 100 ? word.prefix(100) + "..." : word).escaped
}

/// A character for people: itself where it can be seen, else its code.
func describe(_ scalar: Unicode.Scalar) -> String {
    if scalar == " " { return "a space" }
    return UntrustedText.isUnsafe(scalar)
        ? "the character U+\(hexadecimal(scalar))" : "\"\(scalar)\""
}

private func hexadecimal(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
