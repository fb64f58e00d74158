import FoundationEssentials
import Testing

@testable import AWSClient

/// What Foundation makes of a text: the judge of ours.
private struct Judged: Decodable {
    let answer: JSONAnswer

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            answer = .null
        } else if let value = try? container.decode(Bool.self) {
            answer = .boolean(value)
        } else if let value = try? container.decode(Double.self) {
            answer = .number(value)
        } else if let value = try? container.decode(String.self) {
            answer = .string(value)
        } else if let value = try? container.decode([Judged].self) {
            answer = .array(value.map(\.answer))
        } else {
            let members = try container.decode([String: Judged].self)
            answer = .object(members.map { .init(name: $0.key, value: $0.value.answer) })
        }
    }

    static func parse(_ bytes: [UInt8]) -> JSONAnswer? {
        (try? JSONDecoder().decode(Judged.self, from: Data(bytes)))?.answer
    }
}

extension JSONAnswer {
    /// With the members of objects in one order, for comparing.
    fileprivate var sorted: JSONAnswer {
        switch self {
        case .object(let members):
            .object(
                members.map { Member(name: $0.name, value: $0.value.sorted) }
                    .sorted { $0.name < $1.name })
        case .array(let elements): .array(elements.map(\.sorted))
        default: self
        }
    }
}

@Suite("JSON that AWS answers")
struct JSONTests {
    private static let valid = [
        "null", " true\n", "false", "0", "-0", "-1.5e+3", "1E2", "0.1", "123456789012345678",
        "1764442800.123", #""""#, #""a""#, #""é\u00e9\ud83d\ude00""#, #""\"\\\/\b\f\n\r\t""#,
        #""\u0000""#, "[]", " [ ] ", "[1,2]", "[[[]]]", "{}", " { } ", #"{"a":1}"#,
        #"{ "a" : { "b" : [ null , true ] } , "" : "" }"#, "\r\n\t [\r\n\t1\r\n\t]\r\n\t",
        #"{"deploymentTargets":[{"instanceTarget":{"targetId":"i-1","lastUpdatedAt":1.7E9}}]}"#,
        "\"\u{10FFFF}\u{7F}\u{2028}\"", "5e-324", "1.7976931348623157e308",
    ]
    private static let invalid = [
        "", " ", "nul", "nulll", "True", "+1", "01", "-01", "-", ".5", "1.", "1e", "1e+", "0x1",
        "NaN", "Infinity", "1e999", #"""#, #""a"#, "\"\n\"", "\"\u{0}\"", #""\x""#, #""\u12""#,
        #""\u12G4""#, #""\ud83d""#, #""\ud83d\u0041""#, #""\ude00""#, #""\ud83dx""#, #""\"#,
        "'a'", "[", "]", "[1", "[1,", "[,1]", "[1 2]", "[1]]", "{", "}", #"{"a"}"#,
        #"{"a":}"#, #"{"a":1"#, #"{,"a":1}"#, "{a:1}", "{1:1}", #"{"a" 1}"#, "1 2",
        "[1]x", "\u{FEFF}\u{FEFF}1", "// no\n1", "\u{C}1", "[1}", #"{"a":1]"#,
    ]

    @Test(arguments: valid) func `reads what Foundation reads`(text: String) throws {
        let answer = try #require(JSONAnswer.parse(Array(text.utf8)))
        #expect(answer.sorted == Judged.parse(Array(text.utf8))?.sorted)
    }

    @Test(arguments: invalid) func `refuses what Foundation refuses`(text: String) {
        #expect(JSONAnswer.parse(Array(text.utf8)) == nil)
        #expect(Judged.parse(Array(text.utf8)) == nil)
    }

    @Test(arguments: ["[1,]", #"{"a":1,}"#])
    func `refuses a comma at the end, which Foundation takes and the standard does not`(
        text: String
    ) {
        #expect(JSONAnswer.parse(Array(text.utf8)) == nil)
        #expect(Judged.parse(Array(text.utf8)) != nil)
    }

    @Test func `agrees with Foundation on texts that are nearly right`() {
        let text = Array(
            #"{"a":[-1.5e2,"x\ud83d\ude00\n",{"b":null}],"c":true,"é":[[],{}],"d":0}"#.utf8)
        let others = Array(#"{}[]",:\0-e.u"#.utf8) + [0x00, 0x1F, 0x80, 0xC3, 0xFF]
        for index in text.indices {
            var mutants = [text, text]
            mutants[0].remove(at: index)
            mutants[1].insert(text[index], at: index)
            for byte in others {
                mutants.append(text)
                mutants[mutants.count - 1][index] = byte
            }
            for mutant in mutants {
                #expect(
                    JSONAnswer.parse(mutant)?.sorted == Judged.parse(mutant)?.sorted,
                    "\(String(decoding: mutant, as: UTF8.self))")
            }
        }
    }

    @Test(arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]])
    func `refuses text that is no UTF-8`(bytes: [UInt8]) {
        #expect(JSONAnswer.parse(bytes) == nil)
    }

    @Test func `a bomb of brackets is refused, and what answers have is not`() {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(JSONAnswer.parse(nested(100)) != nil)
        #expect(JSONAnswer.parse(nested(1_000_000)) == nil)
        #expect(JSONAnswer.parse(Array(String(repeating: #"{"a":"#, count: 100_000).utf8)) == nil)
    }

    @Test func `of two members of one name the last counts, and null is as good as missing`() {
        let answer = JSONAnswer.parse(Array(#"{"a":1,"a":2,"b":null}"#.utf8))
        #expect(answer?["a"] == .number(2))
        #expect(answer?["b"] == nil)
        #expect(answer?["c"] == nil)
    }
}
