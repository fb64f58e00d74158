import SlipwayCore

/// What makes a description one of its kind, so that a deployment is found by it.
enum DeploymentMark {
    private static let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789")
    private static let length = 12

    /// `acme/shop, master 0123456, build 42 (slipway k3f9x2m1qp7a)`.
    static func description(
        project: ProjectName?, build: Build?, verb: String? = nil, number: UInt64
    ) -> DeploymentDescription {
        let commit = build?.commit.map { " \($0.value.short)" } ?? ""
        let parts = [
            project?.rawValue, verb,
            (build?.branch?.value ?? build?.tag?.value).map { $0 + commit },
            build?.number.map { "build \($0.value)" },
        ]
        let text = parts.compactMap(\.self).joined(separator: ", ")
        let mark = "(slipway \(mark(number)))"
        // The mark must not be what is cut off.
        let room = DeploymentDescription.characterLimit - mark.utf16.count - 1
        var kept = ""
        for character in text {
            guard kept.utf16.count + character.utf16.count <= room else { break }
            kept.append(character)
        }
        return DeploymentDescription(kept.isEmpty ? mark : "\(kept) \(mark)")
    }

    static func isMarked(_ description: DeploymentDescription) -> Bool {
        description.rawValue.hasSuffix(")") && description.rawValue.contains("(slipway ")
    }

    private static func mark(_ number: UInt64) -> String {
        var rest = number
        var text = ""
        for _ in 0..<length {
            text.append(alphabet[Int(rest % UInt64(alphabet.count))])
            rest /= UInt64(alphabet.count)
        }
        return text
    }
}
