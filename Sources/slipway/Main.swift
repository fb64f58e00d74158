import Glibc
import ProcessGuard
import SlipwayCommands

@main
enum Main {
    static func main() async {
        let inheritance: ProcessGuard.Inheritance
        do {
            inheritance = try ProcessGuard.engage()
        } catch {
            writeToStandardError("slipway: cannot keep this process out of core dumps: \(error)\n")
            exit(70)
        }
        let services = Services.live(inheritance: inheritance)
        exit(
            await SlipwayCommand.run(Array(CommandLine.arguments.dropFirst()), services: services))
    }
}
