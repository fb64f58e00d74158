import CYaml

/// Makes nodes of libyaml's events. Yams' own composer sees a document only when all of it is in
/// memory; this one stops at the first event that is over a limit, goes on behind a repeated key,
/// and knows what an alias stands for before it is repeated.
struct YAMLComposer {
    private let parser: YAMLEvents
    private let limits: YAMLDocument.Limits
    private var anchors: [String: Part] = [:]
    private var repeatedKeys: [YAMLDocument.RepeatedKey] = []
    private var valueCount = 0

    /// A node, how many values it stands for, and how deep collections lie in it.
    private struct Part {
        let node: YAMLNode
        let valueCount: Int
        let height: Int
    }

    private init(_ parser: YAMLEvents, _ limits: YAMLDocument.Limits) {
        self.parser = parser
        self.limits = limits
    }

    /// The one document of a text; nil where it has none.
    static func compose(
        _ text: String, within limits: YAMLDocument.Limits
    ) -> Result<YAMLDocument.Composition?, YAMLFlaw> {
        var text = text
        return text.withUTF8 { bytes in
            // A byte order mark is no part of the first line.
            let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
            let rest = UnsafeBufferPointer(rebasing: bytes[(hasMark ? 3 : 0)...])
            do throws(YAMLFlaw) {
                var composer = YAMLComposer(YAMLEvents(rest), limits)
                return .success(try composer.document())
            } catch {
                return .failure(error)
            }
        }
    }

    private mutating func document() throws(YAMLFlaw) -> YAMLDocument.Composition? {
        var event = try parser.next()  // The stream's start.
        event = try parser.next()
        guard event.type == YAML_DOCUMENT_START_EVENT else { return nil }
        let root = try part(try parser.next(), depth: 1).node
        event = try parser.next()  // The document's end.
        event = try parser.next()
        guard event.type == YAML_STREAM_END_EVENT else {
            throw .secondDocument(event.mark)
        }
        return YAMLDocument.Composition(root: root, repeatedKeys: repeatedKeys)
    }

    private mutating func part(_ event: YAMLEvents.Event, depth: Int) throws(YAMLFlaw) -> Part {
        if event.type == YAML_ALIAS_EVENT { return try repeated(event, depth: depth) }
        if event.anchor != nil, !limits.allowsAnchors { throw .anchor(event.mark) }
        try count(1, at: event.mark, isAlias: false)
        let before = valueCount
        let node: YAMLNode
        var height = 0
        switch event.type {
        case YAML_SEQUENCE_START_EVENT:
            guard depth <= limits.depth else { throw .tooDeep(event.mark) }
            (node, height) = try sequence(event, depth: depth)
        case YAML_MAPPING_START_EVENT:
            guard depth <= limits.depth else { throw .tooDeep(event.mark) }
            (node, height) = try mapping(event, depth: depth)
        default:
            node = YAMLNode(
                .scalar(event.scalarText, isPlain: event.isPlain), at: event.mark)
        }
        let part = Part(node: node, valueCount: valueCount - before + 1, height: height)
        if let anchor = event.anchor { anchors[anchor] = part }
        return part
    }

    /// What an alias stands for, as often as it is counted.
    private mutating func repeated(
        _ event: YAMLEvents.Event, depth: Int
    ) throws(YAMLFlaw) -> Part {
        guard limits.allowsAnchors else { throw .anchor(event.mark) }
        guard let name = event.anchor, let part = anchors[name] else {
            throw .unknownAlias(event.mark)
        }
        guard depth + part.height - 1 <= limits.depth else { throw .tooDeep(event.mark) }
        try count(part.valueCount, at: event.mark, isAlias: true)
        return part
    }

    private mutating func count(
        _ count: Int, at mark: YAMLMark, isAlias: Bool
    ) throws(YAMLFlaw) {
        valueCount += count
        guard valueCount <= limits.valueCount else { throw .tooManyValues(mark, isAlias: isAlias) }
    }

    private mutating func sequence(
        _ start: YAMLEvents.Event, depth: Int
    ) throws(YAMLFlaw) -> (YAMLNode, height: Int) {
        var nodes: [YAMLNode] = []
        var height = 0
        var event = try parser.next()
        while event.type != YAML_SEQUENCE_END_EVENT {
            let part = try part(event, depth: depth + 1)
            nodes.append(part.node)
            height = max(height, part.height)
            event = try parser.next()
        }
        return (YAMLNode(.sequence(nodes), at: start.mark), height + 1)
    }

    private mutating func mapping(
        _ start: YAMLEvents.Event, depth: Int
    ) throws(YAMLFlaw) -> (YAMLNode, height: Int) {
        var pairs: [YAMLNode.Pair] = []
        var marks: [String: YAMLMark] = [:]
        var height = 0
        var event = try parser.next()
        while event.type != YAML_MAPPING_END_EVENT {
            let mark = event.mark
            let key = try part(event, depth: depth + 1)
            let value = try part(try parser.next(), depth: depth + 1)
            height = max(height, key.height, value.height)
            pairs.append(YAMLNode.Pair(key: key.node, value: value.node))
            if let name = key.node.text {
                if let first = marks[name] {
                    repeatedKeys.append(.init(name: name, mark: mark, first: first))
                } else {
                    marks[name] = mark
                }
            }
            event = try parser.next()
        }
        return (YAMLNode(.mapping(pairs), at: start.mark), height + 1)
    }
}
