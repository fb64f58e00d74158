import FoundationEssentials
import SlipwayCommands
import TestSupport
import Testing

/// Holds `JSON.md` and the documents that it describes to each other, key by key.
@Suite("The documented shape of JSON")
struct DocumentedShapeTests {
    @Test func `of plan is the printed one`() async throws {
        // A branch's build and a tag's have their parts between them; so do errors and warnings.
        let branch = await World(circle: Self.circle).run(
            "plan", "--project", "acme/shop", "--build-num", "7", "--json")
        let tag = await World(circle: Self.circle).run("plan", "--tag", "v1", "--json")
        #expect(branch.status == 0)
        try expectShape("plan", printed: [branch.output, tag.output])
    }

    @Test func `of check is the printed one`() async throws {
        let run = await World(circle: "deployment: {a: {branch: b}}").run("check", "--json")
        try expectShape("check", printed: [run.output])
    }

    @Test func `of package is the printed one`() async throws {
        let run = await World(circle: Self.circle).run("package", "--json")
        #expect(run.status == 0)
        try expectShape("package", printed: [run.output])
    }

    @Test func `of import --from is the printed one`() async throws {
        var world = World(circle: nil)
        world.input = """
            deploy: {provider: codedeploy, application: shop, deployment_group: g,
                     bucket: acme-revisions, key: k}
            """
        let run = await world.run("import", "--from", "travis", "-", "--json")
        #expect(run.status == 0)
        try expectShape("import --from", printed: [run.output])
        world.input = "deploy: ["
        let failed = await world.run("import", "--from", "travis", "-", "--json")
        #expect(failed.status == 2)
        let keys = try JSONDecoder().decode(JSON.self, from: Data(failed.output.utf8)).paths
        #expect(keys.isSuperset(of: ["circle_yml", "settings", "commands", "problems"]))
    }

    private static let circle = """
        deployment:
          production:
            branch: master
            tag: /.*/
            codedeploy:
              my-app:
                deployment_group: instances
                application_root: /
                region: us-east-1
                revision_location:
                  s3_location: {bucket: revisions, key_pattern: fixed}
          late:
            branch: /.*/
            codedeploy: {my-app: {deployment_group: others}}
        """

    private func expectShape(_ title: String, printed documents: [String]) throws {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = String(
            decoding: contents(of: "/\(path)/Sources/SlipwayCommands/JSON.md"), as: UTF8.self)
        let documented = Self.paths(title, in: text)
        var printed: Set<String> = []
        for document in documents {
            printed.formUnion(try JSONDecoder().decode(JSON.self, from: Data(document.utf8)).paths)
        }
        #expect(!documented.isEmpty)
        #expect(printed.subtracting(documented) == [], "printed, and not documented")
        #expect(documented.subtracting(printed) == [], "documented, and not printed")
    }

    /// The keys of a section of the document, with those of the shapes that it names.
    private static func paths(_ title: String, in text: String) -> Set<String> {
        var paths: Set<String> = []
        let parts = text.components("\n## ")
        guard let part = parts.first(where: { $0.hasPrefix(title + "\n") }) else { return [] }
        for line in part.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.drop { $0 == " " } }
            let path = cells[0].split(separator: "`").first.map(String.init) ?? ""
            paths.insert(path.hasSuffix("[]") ? String(path.dropLast(2)) : path)
            if path.hasSuffix("[]"), cells[1].hasPrefix("text") { continue }
            if path.hasSuffix("[]") { paths.insert(path) }
            for shape in ["setting", "problem"] where cells[1].hasPrefix(shape) {
                paths.formUnion(Self.paths(shape, in: text).map { "\(path).\($0)" })
            }
        }
        return paths
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}

/// A document as the paths of its keys.
private enum JSON: Decodable {
    case object([String: JSON])
    case array([JSON])
    case scalar

    init(from decoder: any Decoder) throws {
        if let members = try? [String: JSON](from: decoder) {
            self = .object(members)
        } else if let elements = try? [JSON](from: decoder) {
            self = .array(elements)
        } else {
            self = .scalar
        }
    }

    var paths: Set<String> {
        switch self {
        case .scalar: return []
        case .array(let elements):
            let objects = elements.filter { if case .object = $0 { true } else { false } }
            return objects.reduce(into: objects.isEmpty ? [] : ["[]"]) { paths, element in
                paths.formUnion(element.paths.map { "[].\($0)" })
            }
        case .object(let members):
            return members.reduce(into: []) { paths, member in
                paths.insert(member.key)
                // What these hold has shapes of its own.
                guard member.key != "value", member.key != "settings" else { return }
                paths.formUnion(
                    member.value.paths.map {
                        $0.hasPrefix("[]") ? member.key + $0 : "\(member.key).\($0)"
                    })
            }
        }
    }
}
