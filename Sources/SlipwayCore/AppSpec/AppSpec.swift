/// What an `appspec.yml` tells the CodeDeploy agent to do, as agent 1.8 reads it.
///
/// Each part knows where it stands in the file. Where agent 2.0 reads a value differently, the
/// reading of the file has a finding that says so.
package struct AppSpec: Equatable, Sendable {
    /// A line and a column of the file, both counted from 1; the column in characters.
    package struct Place: Hashable, Sendable, Comparable {
        package let line: Int
        package let column: Int

        package init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        package static func < (left: Place, right: Place) -> Bool {
            (left.line, left.column) < (right.line, right.column)
        }
    }

    /// AppSpec key: `os`.
    package enum OperatingSystem: String, Sendable, CaseIterable { case linux, windows }

    /// What happens where a file that the revision installs is there already.
    /// AppSpec key: `file_exists_behavior`; wins over the deployment's own setting.
    package enum FileExistsBehavior: String, Sendable, CaseIterable {
        case disallow = "DISALLOW"
        case overwrite = "OVERWRITE"
        case retain = "RETAIN"
    }

    /// An entry of `files:`: a file or a folder of the revision, and the folder it goes into.
    package struct FileMapping: Equatable, Sendable {
        /// Relative to the revision's root, with or without a leading `/`. Taken literally.
        package let source: String
        package let destination: String
        package let sourcePlace: Place
        package let destinationPlace: Place

        package init(
            source: String, destination: String, sourcePlace: Place, destinationPlace: Place
        ) {
            self.source = source
            self.destination = destination
            self.sourcePlace = sourcePlace
            self.destinationPlace = destinationPlace
        }
    }

    /// The scripts of one lifecycle event. AppSpec key: `hooks`.
    package struct Hook: Equatable, Sendable {
        package let event: LifecycleEvent
        /// In the order in which they run; the first failure ends the event.
        package let scripts: [Script]
        package let place: Place

        package init(event: LifecycleEvent, scripts: [Script], place: Place) {
            self.event = event
            self.scripts = scripts
            self.place = place
        }
    }

    /// A script of a hook.
    package struct Script: Equatable, Sendable {
        /// The limit of a script that names none.
        package static let defaultTimeout = Duration.seconds(3600)

        /// Relative to the revision's root, with or without a leading `/`; never empty.
        package let location: String
        /// Over zero. The service ends the whole event after an hour, whatever stands here.
        package let timeout: Duration
        /// The user that `su` changes to. AppSpec key: `runas`.
        package let runAs: String?
        /// AppSpec key: `sudo`.
        package let usesSudo: Bool
        /// Where the location stands.
        package let place: Place

        package init(
            location: String, timeout: Duration = defaultTimeout, runAs: String? = nil,
            usesSudo: Bool = false, place: Place
        ) {
            self.location = location
            self.timeout = timeout
            self.runAs = runAs
            self.usesSudo = usesSudo
            self.place = place
        }
    }

    package let os: OperatingSystem
    /// Nil where the file says nothing: the deployment's setting counts.
    package let fileExistsBehavior: FileExistsBehavior?
    package let files: [FileMapping]
    package let permissions: [Permission]
    /// In the file's order; events run in the lifecycle's order.
    package let hooks: [Hook]

    package init(
        os: OperatingSystem, fileExistsBehavior: FileExistsBehavior? = nil,
        files: [FileMapping] = [], permissions: [Permission] = [], hooks: [Hook] = []
    ) {
        self.os = os
        self.fileExistsBehavior = fileExistsBehavior
        self.files = files
        self.permissions = permissions
        self.hooks = hooks
    }

    /// The scripts of an event, in the order in which they run; none where it is not hooked.
    package func scripts(for event: LifecycleEvent) -> [Script] {
        hooks.last { $0.event == event }?.scripts ?? []
    }
}
