/// What a listing asks for.
struct ListingQuery: Sendable {
    var prefix = ""
    var delimiter = ""
    /// Only what comes behind it: a key, or a common prefix that was listed last.
    var after: String?
    /// With ``after``, of which key the versions behind this one are still to come.
    var afterVersion: String?
    var limit = 1000
}

/// A page of a listing.
struct Listing: Sendable {
    struct Entry: Sendable {
        let key: ObjectKey
        let version: ObjectVersion
        let isLatest: Bool
    }

    var entries: [Entry] = []
    var commonPrefixes: [String] = []
    /// What to go on behind; nil at the end.
    var last: (key: String, versionID: String?)?
}

extension Bucket {
    /// The newest versions, without what is deleted.
    func list(_ query: ListingQuery) throws(Refusal) -> Listing {
        try list(query) { versions in
            versions.first.map { $0.record.isDeleteMarker ? [] : [$0.record] } ?? []
        }
    }

    /// All versions and delete markers.
    func listVersions(_ query: ListingQuery) throws(Refusal) -> Listing {
        try list(query) { $0.map(\.record) }
    }

    private func list(
        _ query: ListingQuery, _ versions: @Sendable ([StoredVersion]) -> [ObjectVersion]
    ) throws(Refusal) -> Listing {
        try withState { state throws(Refusal) in
            var page = ListingPage(query)
            for key in state.keys[Self.start(query, state.keys)...] {
                guard key.hasPrefix(query.prefix) else { break }
                guard page.take(key, versions(state.objects[key] ?? [])) else { break }
            }
            return page.listing
        }
    }

    /// The first key that can be listed: keys are many.
    private static func start(_ query: ListingQuery, _ keys: [ObjectKey]) -> Int {
        let prefix = ObjectKey(query.prefix)
        let after = query.after.map { ObjectKey($0) } ?? prefix
        return lowerBound(max(prefix, after), in: keys)
    }
}

/// Fills a listing until it is full.
private struct ListingPage {
    let query: ListingQuery
    private(set) var listing = Listing()
    private var lastTaken: (key: String, versionID: String?)?
    private var count = 0

    init(_ query: ListingQuery) { self.query = query }

    /// Whether more can be taken.
    mutating func take(_ key: ObjectKey, _ versions: [ObjectVersion]) -> Bool {
        guard !versions.isEmpty else { return true }
        if let common = commonPrefix(of: key) {
            if common == listing.commonPrefixes.last || common.utf8.elementsEqual(after) {
                return true
            }
            guard hasRoom() else { return false }
            listing.commonPrefixes.append(common)
            took(common, nil)
            return true
        }
        var rest = versions[...]
        if key.text.utf8.elementsEqual(after) {
            guard let version = query.afterVersion,
                let index = versions.firstIndex(where: { $0.id == version })
            else { return true }
            rest = versions[(index + 1)...]
        }
        for version in rest {
            guard hasRoom() else { return false }
            listing.entries.append(
                Listing.Entry(key: key, version: version, isLatest: version == versions[0]))
            took(key.text, version.id)
        }
        return true
    }

    private var after: String.UTF8View { (query.after ?? "").utf8 }

    private mutating func hasRoom() -> Bool {
        if count < query.limit { return true }
        // Something is left: the page says where to go on. A page of nothing has no end.
        listing.last = lastTaken
        return false
    }

    private mutating func took(_ key: String, _ versionID: String?) {
        count += 1
        lastTaken = (key, versionID)
    }

    /// The key up to the first delimiter behind the prefix.
    private func commonPrefix(of key: ObjectKey) -> String? {
        guard !query.delimiter.isEmpty else { return nil }
        let bytes = Array(key.text.utf8)
        let rest = bytes[query.prefix.utf8.count...]
        guard let range = rest.firstRange(of: Array(query.delimiter.utf8)) else { return nil }
        return String(decoding: bytes[..<range.upperBound], as: UTF8.self)
    }
}
