import FoundationEssentials

/// A case of `Cases/`, as its README describes it.
struct ReplayCase: Decodable, Sendable, CustomStringConvertible {
    let name: String
    let needs: [String]?
    let second: Double?
    let root: [String: TreeEntry]?
    let revisions: [String: [String: TreeEntry]]
    let deployments: [Deployment]

    var description: String { name }

    struct Deployment: Decodable, Sendable {
        let revision: String
        let bundle: String?
        let group: String?
        let fileExistsBehavior: String?
        let order: [String]?
        let ignoreStopFailures: Bool?
        let events: [String: Expectation]?
        let root: [String: TreeEntry]?
        let log: String?

        enum CodingKeys: String, CodingKey {
            case revision, bundle, group, order, events, root, log
            case fileExistsBehavior = "file_exists_behavior"
            case ignoreStopFailures = "ignore_stop_failures"
        }
    }

    struct Expectation: Decodable, Sendable {
        let code: String?
        let script: String?
        let message: String?
        let log: String?
    }

    /// All cases of all files.
    static let all: [ReplayCase] = {
        let folder =
            #filePath.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast().joined(separator: "/") + "/Cases"
        let names = try! FileManager.default.contentsOfDirectory(atPath: folder)
        return names.filter { $0.hasSuffix(".json") }.sorted().flatMap { name in
            let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data()
            do {
                return try JSONDecoder().decode([ReplayCase].self, from: bytes)
            } catch { fatalError("\(name): \(error)") }
        }
    }()
}

/// What is at a path of a tree.
struct TreeEntry: Decodable, Sendable, Equatable, CustomStringConvertible {
    var text: String?
    var link: String?
    var mode: String?

    init(text: String? = nil, link: String? = nil, mode: String? = nil) {
        self.text = text
        self.link = link
        self.mode = mode
    }

    private enum CodingKeys: String, CodingKey { case text, link, mode }

    init(from decoder: any Decoder) throws {
        if let single = try? decoder.singleValueContainer() {
            if single.decodeNil() { return }
            if let text = try? single.decode(String.self) {
                self.text = text
                return
            }
        }
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        text = try fields.decodeIfPresent(String.self, forKey: .text)
        link = try fields.decodeIfPresent(String.self, forKey: .link)
        mode = try fields.decodeIfPresent(String.self, forKey: .mode)
    }

    var description: String {
        let kind = text.map { "file \($0.debugDescription)" } ?? link.map { "-> \($0)" } ?? "folder"
        return kind + (mode.map { " \($0)" } ?? "")
    }
}
