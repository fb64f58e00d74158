import SlipwayCore

/// What the demo asks of the world besides a sandbox.
package struct DemoServices: Sendable {
    /// Makes a folder that only its owner can enter, and returns its absolute path. From then on
    /// this process does not end by a signal: ``run`` takes them.
    package var makeFolder: @Sendable () throws -> String
    /// The absolute path of this program.
    package var program: @Sendable () throws -> String
    /// Makes a file with these permissions, and the folders around it.
    package var write:
        @Sendable (_ path: String, _ contents: [UInt8], _ permissions: UInt32) throws -> Void
    /// Makes a symbolic link, and the folders around it.
    package var link: @Sendable (_ path: String, _ target: String) throws -> Void
    /// Runs a shell's command line of one command in a folder, with these variables and otherwise
    /// only those that have to do with the terminal, and returns its exit status. Nil where this
    /// process was asked to end: then the command has ended too.
    package var run:
        @Sendable (_ line: String, _ folder: String, _ variables: [EnvironmentValue]) throws ->
            Int32?
    /// Removes a folder with everything in it.
    package var remove: @Sendable (_ folder: String) throws -> Void

    package init(
        makeFolder: @escaping @Sendable () throws -> String,
        program: @escaping @Sendable () throws -> String,
        write: @escaping @Sendable (String, [UInt8], UInt32) throws -> Void,
        link: @escaping @Sendable (String, String) throws -> Void,
        run: @escaping @Sendable (String, String, [EnvironmentValue]) throws -> Int32?,
        remove: @escaping @Sendable (String) throws -> Void
    ) {
        self.makeFolder = makeFolder
        self.program = program
        self.write = write
        self.link = link
        self.run = run
        self.remove = remove
    }

    /// For where there is none.
    package static let none = DemoServices(
        makeFolder: { throw Problem(code: "no-demo", "this slipway has no demo", fix: nil) },
        program: { "" }, write: { _, _, _ in }, link: { _, _ in }, run: { _, _, _ in nil },
        remove: { _ in })
}
