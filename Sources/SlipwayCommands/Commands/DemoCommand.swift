import ArgumentParser
import SlipwayCore

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the whole way on this machine; needs no AWS account.",
        discussion: """
            Makes a store, a sandbox and an example repository in a temporary folder, deploys its \
            two branches, and lets a third deployment fail and be rolled back. Every command is \
            shown and really run. In the end, or interrupted, it stops the sandbox and removes the \
            folder; nothing outside of it is read or changed. It needs git.

            Examples:
              slipway demo
              slipway demo --keep
            """)

    @Flag(help: "Keep the folder, and say how to go on in it.")
    var keep = false

    func run() throws {
        let folder = try DemoFolder()
        do {
            try Demo(folder).run()
        } catch {
            // What went wrong is what there is to tell.
            try? remove(folder)
            throw error
        }
        if keep { return try say(Self.wayOn(in: folder)) }
        try remove(folder)
        try say(Self.end)
    }

    private func remove(_ folder: DemoFolder) throws {
        do {
            try folder.remove()
        } catch {
            let problem = Problem(
                .warning, code: "demo-folder", "cannot remove all of \(folder.path)",
                fix: "remove it yourself")
            Services.current.console.show([problem])
            throw EarlyExit(.configuration)
        }
    }

    private func say(_ text: String) throws {
        let console = Services.current.console
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            try console.line(String(line))
        }
        try console.flush()
    }

    private static let end = """

        That was the whole way; the sandbox and its folder are gone again. Next:
          slipway demo --keep             the same, and then look around in it
          slipway project add OWNER/NAME  a store of your own
          slipway check                   in your repository: what is wrong or missing
          slipway doctor                  what AWS says of your keys, bucket and groups
          slipway sandbox --help          this local AWS, for your own rehearsals
          slipway                         the admin UI
        """

    private static func wayOn(in folder: DemoFolder) -> String {
        """

        That was the whole way. The sandbox has ended; to go on where it was:
          cd \(folder.repository) && . ../environment
          slipway                         the admin UI, with this store
          slipway deployments
          slipway sandbox --state ../aws -- slipway deploy
          slipway sandbox --state ../aws -- slipway doctor
        Remove it with:
          rm -r \(folder.path)
        """
    }
}
