import FoundationEssentials

/// The value as JSON, its keys sorted.
func jsonBytes(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Nothing of ours holds a NaN or an infinity, the only values that JSON cannot write.
    return (try? encoder.encode(value)).map(Array.init) ?? []
}

/// What JSON says. Throws what the decoder throws.
func decoded<Value: Decodable>(_ bytes: ArraySlice<UInt8>) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(bytes))
}

/// An operation's input. A body that is empty is an object without members.
///
/// Throws `SerializationException`, as AWS does, for what is no JSON and for members of another
/// type.
func input<Input: Decodable>(_ bytes: [UInt8]) throws(AWSFault) -> Input {
    do {
        return try decoded(bytes.isEmpty ? Array("{}".utf8)[...] : bytes[...])
    } catch DecodingError.typeMismatch(_, let context) {
        let path = context.codingPath.map(\.stringValue).joined(separator: ".")
        throw AWSFault(
            code: "SerializationException",
            message: "\(path.isEmpty ? "The input" : path) has a value of the wrong type.")
    } catch {
        throw AWSFault(
            code: "SerializationException", message: "The input is not well-formed JSON.")
    }
}

/// The output of an operation that has none.
struct Nothing: Encodable, Sendable {}
