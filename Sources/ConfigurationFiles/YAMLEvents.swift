import CYaml

/// libyaml's parser over bytes that the caller keeps alive.
final class YAMLEvents {
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        parser.initialize(to: yaml_parser_t())
        yaml_parser_initialize(parser)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// The next event. Must not be asked for behind the stream's end.
    func next() throws(YAMLFlaw) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw flaw }
        defer { yaml_event_delete(&event) }
        return Event(event)
    }

    private var flaw: YAMLFlaw {
        let state = parser.pointee
        if state.error == YAML_READER_ERROR {
            return .unreadable(offset: state.problem_offset, value: Int(state.problem_value))
        }
        let words = state.problem.map { String(cString: $0) } ?? "it cannot be read"
        let mark = YAMLMark(state.problem_mark)
        // libyaml looks ahead in a line, and has a limit of its own, 1,000.
        if words.hasPrefix("Maximum nesting level") { return .tooDeep(mark) }
        return .syntax(
            words, mark,
            context: state.context.map {
                YAMLFlaw.Context(words: String(cString: $0), mark: YAMLMark(state.context_mark))
            })
    }

    /// An event's parts, copied out of libyaml's memory.
    struct Event {
        let type: yaml_event_type_t
        let mark: YAMLMark
        private(set) var anchor: String?
        private(set) var scalarText = ""
        private(set) var isPlain = false

        fileprivate init(_ event: yaml_event_t) {
            type = event.type
            mark = YAMLMark(event.start_mark)
            switch event.type {
            case YAML_ALIAS_EVENT: anchor = text(event.data.alias.anchor)
            case YAML_SCALAR_EVENT:
                let scalar = event.data.scalar
                anchor = text(scalar.anchor)
                scalarText = String(
                    decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length),
                    as: UTF8.self)
                isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
            case YAML_SEQUENCE_START_EVENT:
                anchor = text(event.data.sequence_start.anchor)
            case YAML_MAPPING_START_EVENT: anchor = text(event.data.mapping_start.anchor)
            default: break
            }
        }

        private func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
            bytes.map { String(decodingCString: $0, as: UTF8.self) }
        }
    }
}

extension YAMLMark {
    init(_ mark: yaml_mark_t) { self.init(line: mark.line + 1, column: mark.column + 1) }
}
