import Glibc
import RevisionArchive
import SlipwayCore
import TestSupport
import Testing

/// A folder of a test's own, filled with a few words, as an application root.
struct Tree {
    let folder = TemporaryFolder()

    var path: String { folder.path }

    /// Makes the folders above a path.
    private func makeParents(of name: String) {
        var parent = path
        for part in name.split(separator: "/").dropLast() {
            parent += "/" + part
            mkdir(parent, 0o755)
            chmod(parent, 0o755)
        }
    }

    @discardableResult
    func file(_ name: String, _ contents: some Collection<UInt8>, mode: mode_t = 0o644) -> String {
        makeParents(of: name)
        return folder.write(name, contents, mode: mode)
    }

    @discardableResult
    func file(_ name: String, _ contents: String = "x", mode: mode_t = 0o644) -> String {
        file(name, contents.utf8, mode: mode)
    }

    func directory(_ name: String, mode: mode_t = 0o755) {
        makeParents(of: name)
        mkdir(folder(name), mode)
        chmod(folder(name), mode)
    }

    func link(_ name: String, to target: String) {
        makeParents(of: name)
        symlink(target, folder(name))
    }

    func survey(_ rule: NameRule = .caseSensitive, leavingOut: String? = nil) throws
        -> RevisionSurvey
    {
        try ApplicationFolder(ApplicationRoot("/"), in: path).survey(rule, leavingOut: leavingOut)
    }

    /// What is refused and what is warned of.
    func flaws(_ rule: NameRule = .caseSensitive) -> [RevisionFlaw] {
        do {
            return try survey(rule).warnings
        } catch let error as RevisionSurveyError {
            return error.flaws + error.warnings
        } catch {
            Issue.record(error)
            return []
        }
    }

    /// The archive.
    func packed(threads: Int = 2) throws -> [UInt8] { try survey().packed(threads: threads) }
}

extension RevisionSurvey {
    func packed(threads: Int = 2) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let packed = try pack(threadCount: threads) { bytes += $0 }
        #expect(packed.archiveByteCount == bytes.count)
        #expect(bytes.count <= archiveByteLimit)
        return bytes
    }
}

/// Bytes without any pattern, always the same for a seed.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    var words = [UInt64](repeating: 0, count: count / 8 + 1)
    for index in words.indices {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        words[index] = state
    }
    return words.withUnsafeBytes { Array($0.prefix(count)) }
}

/// Text-like bytes: compressible, but of no short period.
func prose(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var words: [[UInt8]] = []
    for byte in noise(64, seed: seed) {
        let letters = (0..<Int(3 + byte % 6)).map { (Int(byte) * 7 + $0 * 11) % 26 }
        words.append(letters.map { UInt8(97 + $0) } + [32])
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 16)
    for byte in noise(count / 4 + 16, seed: seed &+ 1) where bytes.count < count {
        bytes += words[Int(byte) % 64]
    }
    return Array(bytes.prefix(count))
}
