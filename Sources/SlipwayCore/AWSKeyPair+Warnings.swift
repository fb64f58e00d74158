extension SecretAccessKey {
    /// What to say of a secret that looks unlike AWS's own, which is kept all the same.
    package var warning: Problem? {
        let isUsual = bytes.withUnsafeExposedBytes { bytes in
            bytes.count == Self.usualByteCount
                && bytes.allSatisfy { byte in
                    Unicode.Scalar(byte).isASCIILetterOrDigit || "/+=".utf8.contains(byte)
                }
        }
        guard !isUsual else { return nil }
        let oddity = bytes.withUnsafeExposedBytes { bytes in
            if bytes.contains(UInt8(ascii: "\n")) { return "it has a line break in it" }
            if bytes.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
                return "it has spaces, control or other unusual characters in it"
            }
            return "it has \(counted(bytes.count, "byte"))"
        }
        return Problem(
            .warning, code: "unusual-secret", "the secret is unlike AWS's own: \(oddity)",
            why: "AWS's secret access keys have 40 letters, digits, / and +",
            fix: "if something else was pasted along, set the keys again")
    }
}

extension AccessKeyID {
    /// What to say of temporary keys that are saved without a session token.
    package var noTokenWarning: Problem {
        Problem(
            .warning, code: "no-session-token",
            "these are temporary keys, which do not work without a session token",
            why: "an access key id that begins with ASIA is of temporary keys",
            fix: "add --session-token")
    }
}
