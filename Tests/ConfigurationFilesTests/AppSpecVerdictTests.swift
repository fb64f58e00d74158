import ConfigurationFiles
import Foundation
import SlipwayCore
import Testing

/// The verdicts of both agents on each case of `Cases/appspec-verdicts.json`.
///
/// Those of 1.8 come from the agent's rules over Ruby's own YAML library (Psych 4.0.3), those of 2.0
/// from the types of the agent's source over the events of libyaml.
@Suite struct AppSpecVerdictTests {
    struct Case: Decodable, CustomTestStringConvertible {
        let name: String
        let refusedBy: [String]
        let yaml: String

        enum CodingKeys: String, CodingKey {
            case name
            case refusedBy = "refused_by"
            case yaml
        }

        var testDescription: String { name }
    }

    static let cases: [Case] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Cases/appspec-verdicts.json")
        // A test without its cases must not pass.
        return try! JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    }()

    @Test(arguments: cases)
    func `each agent refuses what it would refuse on an instance`(_ case: Case) {
        let reading = AppSpecReader.read(Array(`case`.yaml.utf8))
        let refusedBy = AgentGeneration.allCases.filter { agent in
            reading.findings.contains { $0.isRefused(by: agent) }
        }.map(\.rawValue)
        #expect(refusedBy == `case`.refusedBy, "\(reading.findings)")
        let hasError = reading.findings.contains { $0.severity == .error }
        #expect(hasError == !`case`.refusedBy.isEmpty)
    }

    @Test func `there are several hundred cases`() {
        #expect(Self.cases.count > 1000)
    }
}
