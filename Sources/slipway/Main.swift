import Glibc
import ProcessGuard
import SlipwayCommands
import SlipwayCore

@main
enum Main {
    /// On the main thread, whose signal mask is the one that a program run by `exec` must get.
    @MainActor
    static func main() async {
        let inheritance: ProcessGuard.Inheritance
        do {
            inheritance = try ProcessGuard.engage()
        } catch {
            writeToStandardError("slipway: cannot keep this process out of core dumps: \(error)\n")
            exit(ExitStatus.store.rawValue)
        }
        let services = Services.live(inheritance: inheritance)
        exit(
            await SlipwayCommand.run(Array(CommandLine.arguments.dropFirst()), services: services))
    }
}
