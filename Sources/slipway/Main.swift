import Glibc
import ProcessGuard
import SlipwayCommands
import SlipwayCore

@main
enum Main {
    /// Runs on the main thread, and starts no other: a short command has no time for that.
    static func main() {
        let inheritance: ProcessGuard.Inheritance
        do {
            inheritance = try ProcessGuard.engage()
        } catch {
            writeToStandardError("slipway: cannot keep this process out of core dumps: \(error)\n")
            exit(ExitStatus.store.rawValue)
        }
        let services = Services.live(inheritance: inheritance)
        exit(
            SlipwayCommand.run(Array(CommandLine.arguments.dropFirst()), services: services))
    }
}
