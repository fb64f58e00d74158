import Glibc

/// What git says of the repository around the current folder.
enum Git {
    /// The address of the remote called `origin`, as it was written into the configuration; nil
    /// without a repository, such a remote, or git.
    static func originRemote() -> String? {
        firstLine(of: ["config", "--get", "remote.origin.url"])
    }

    /// The branch that is checked out; nil on a detached checkout.
    static func branch() -> String? { firstLine(of: ["symbolic-ref", "--short", "-q", "HEAD"]) }

    /// The commit that is checked out; nil before the first.
    static func commit() -> String? { firstLine(of: ["rev-parse", "--verify", "-q", "HEAD"]) }

    /// The first line that git prints; nil where it fails.
    private static func firstLine(of words: [String]) -> String? {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)

        var arguments: [UnsafeMutablePointer<CChar>?] = (["git"] + words).map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var child = pid_t()
        var variables: [UnsafeMutablePointer<CChar>?] = []
        var entry = environ
        while let text = entry.pointee {
            // git is dumpable: what opens the store is not for it.
            if !variableName(text).hasPrefix("SLIPWAY_") { variables.append(text) }
            entry += 1
        }
        variables.append(nil)
        let failed = posix_spawnp(&child, "git", &actions, nil, arguments, variables) != 0
        close(ends[1])
        guard !failed else { return nil }

        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1024)
        while true {
            let count = read(ends[0], &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            output += chunk[..<count]
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else { return nil }
        let text = String(decoding: output, as: UTF8.self)
        return text.split(separator: "\n").first.map(String.init)
    }
}
