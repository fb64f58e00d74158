package import SlipwayCore

/// What the engine asks of S3. `slipway` fills it in.
///
/// Each call retries by itself and throws an ``AWSFailure`` in the end; each body is checked by a
/// checksum.
package struct ObjectStore: Sendable {
    /// AWS operation: `PutObject`.
    package var put: @Sendable (UploadedObject, [UInt8]) async throws -> S3Location
    /// AWS operation: `CreateMultipartUpload`.
    package var begin: @Sendable (UploadedObject) async throws -> UploadID
    /// Numbers begin with 1. AWS operation: `UploadPart`.
    package var putPart:
        @Sendable (UploadedObject, UploadID, _ number: Int, [UInt8]) async throws -> UploadedPart
    /// In the order of their numbers. AWS operation: `CompleteMultipartUpload`.
    package var complete:
        @Sendable (UploadedObject, UploadID, [UploadedPart]) async throws -> S3Location
    /// AWS operation: `AbortMultipartUpload`.
    package var abort: @Sendable (UploadedObject, UploadID) async throws -> Void

    package init(
        put: @escaping @Sendable (UploadedObject, [UInt8]) async throws -> S3Location,
        begin: @escaping @Sendable (UploadedObject) async throws -> UploadID,
        putPart:
            @escaping @Sendable (UploadedObject, UploadID, Int, [UInt8]) async throws ->
            UploadedPart,
        complete:
            @escaping @Sendable (UploadedObject, UploadID, [UploadedPart]) async throws ->
            S3Location,
        abort: @escaping @Sendable (UploadedObject, UploadID) async throws -> Void
    ) {
        self.put = put
        self.begin = begin
        self.putPart = putPart
        self.complete = complete
        self.abort = abort
    }
}

/// An object that is made in S3.
package struct UploadedObject: Hashable, Sendable {
    package var bucket: BucketName
    package var key: S3Key
    /// Where the bucket should be.
    package var region: Region
    package var serverSideEncryption: ServerSideEncryption?
    package var kmsKeyID: KMSKeyID?

    package init(_ destination: UploadDestination, _ region: Region) {
        bucket = destination.bucket
        key = destination.key
        self.region = region
        serverSideEncryption = destination.serverSideEncryption
        kmsKeyID = destination.kmsKeyID
    }
}

/// S3's name for an upload in parts.
package struct UploadID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(_ rawValue: String) { self.rawValue = rawValue }

    package var description: String { UntrustedText(rawValue).escaped }
}

/// A part that S3 has.
package struct UploadedPart: Hashable, Sendable {
    package var number: Int
    package var eTag: ETag

    package init(number: Int, eTag: ETag) {
        self.number = number
        self.eTag = eTag
    }
}

/// Packs application roots. `slipway` fills it in.
package struct RevisionPacker: Sendable {
    /// Looks through a root. `progress` is told how many bytes of files were read, and how many of
    /// the archive were made, so far; from any thread.
    package var begin:
        @Sendable (
            ApplicationRoot, _ progress: @escaping @Sendable (_ read: Int, _ archived: Int) -> Void
        ) async throws -> RevisionPacking

    package init(
        begin:
            @escaping @Sendable (
                ApplicationRoot, @escaping @Sendable (Int, Int) -> Void
            ) async throws -> RevisionPacking
    ) { self.begin = begin }
}

/// A root that was looked through, and can be packed.
package struct RevisionPacking: Sendable {
    /// Of the files.
    package var byteCount: Int
    /// The archive has no more.
    package var archiveByteLimit: Int
    package var warnings: [Problem]
    /// Begins to pack. Returns what gives the next part, of as many bytes as were asked for; the
    /// last one may be shorter.
    package var parts:
        @Sendable (_ partByteCount: Int) throws -> @Sendable () async throws -> ArchivePart?

    package init(
        byteCount: Int, archiveByteLimit: Int, warnings: [Problem],
        parts: @escaping @Sendable (Int) throws -> @Sendable () async throws -> ArchivePart?
    ) {
        self.byteCount = byteCount
        self.archiveByteLimit = archiveByteLimit
        self.warnings = warnings
        self.parts = parts
    }
}

/// A part of an archive.
package struct ArchivePart: Sendable {
    package var bytes: [UInt8]
    /// What the whole archive is: with the last part, nil with the others.
    package var packed: PackedRevision?

    package init(bytes: [UInt8], packed: PackedRevision?) {
        self.bytes = bytes
        self.packed = packed
    }
}
