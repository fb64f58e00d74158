package import AWSSignature
package import SlipwayCore

/// Bytes to send to S3, with what S3 is to check them by.
package struct ObjectContent: Sendable {
    package let body: RequestBody
    /// Signed, so that nothing else can arrive under the signature.
    package let sha256: ContentDigest
    package let checksum: ContentChecksum?

    /// Bytes that are pulled while they are sent. The digest must be known before.
    package init(_ body: RequestBody, sha256: ContentDigest, checksum: ContentChecksum? = nil) {
        self.body = body
        self.sha256 = sha256
        self.checksum = checksum
    }

    /// Bytes in memory, with their SHA-256 and, if `checksMD5`, their MD5.
    package init(_ bytes: [UInt8], checksMD5: Bool = true) {
        body = .bytes(bytes)
        sha256 = .sha256(bytes)
        checksum = checksMD5 ? .md5(.md5(bytes)) : nil
    }
}

/// What S3 compares with the bytes it got.
package enum ContentChecksum: Hashable, Sendable {
    /// Header: `Content-MD5`. Every server knows it, in parts too.
    case md5(ContentDigest)
    /// Header: `x-amz-checksum-sha256`. Not for parts of an upload that did not announce it.
    case sha256(ContentDigest)

    var header: HeaderField {
        switch self {
        case .md5(let digest): HeaderField("Content-MD5", digest.base64)
        case .sha256(let digest): HeaderField("x-amz-checksum-sha256", digest.base64)
        }
    }
}

/// How an object is kept.
package struct ObjectOptions: Hashable, Sendable {
    package var contentType: String
    package var encryption: ServerSideEncryption?
    package var kmsKeyID: KMSKeyID?

    package init(
        contentType: String = "application/zip", encryption: ServerSideEncryption? = nil,
        kmsKeyID: KMSKeyID? = nil
    ) {
        self.contentType = contentType
        self.encryption = encryption
        self.kmsKeyID = kmsKeyID
    }

    var headers: [HeaderField] {
        var headers = [HeaderField("Content-Type", contentType)]
        if let encryption {
            headers.append(HeaderField("x-amz-server-side-encryption", encryption.rawValue))
        }
        if let kmsKeyID {
            headers.append(
                HeaderField(
                    "x-amz-server-side-encryption-aws-kms-key-id", kmsKeyID.rawValue))
        }
        return headers
    }
}

/// What S3 calls an object that was just stored.
package struct StoredObject: Hashable, Sendable {
    package var eTag: ETag
    /// Nil in a bucket without versions.
    package var version: ObjectVersion?

    package init(eTag: ETag, version: ObjectVersion?) {
        self.eTag = eTag
        self.version = version
    }
}

/// What S3 says of an object.
package struct ObjectInfo: Hashable, Sendable {
    package var byteCount: Int?
    package var eTag: ETag?
    package var version: ObjectVersion?

    package init(byteCount: Int?, eTag: ETag?, version: ObjectVersion?) {
        self.byteCount = byteCount
        self.eTag = eTag
        self.version = version
    }
}

/// An upload in parts that was begun.
package struct MultipartUpload: Hashable, Sendable {
    package let bucket: BucketName
    package let key: S3Key
    /// S3's name for it.
    package let id: String

    package init(bucket: BucketName, key: S3Key, id: String) {
        self.bucket = bucket
        self.key = key
        self.id = id
    }
}

/// A part that arrived.
package struct ObjectPart: Hashable, Sendable {
    /// From 1 to 10,000.
    package let number: Int
    package let eTag: ETag
    /// Only in answers to `ListParts`.
    package let byteCount: Int?

    package init(number: Int, eTag: ETag, byteCount: Int? = nil) {
        self.number = number
        self.eTag = eTag
        self.byteCount = byteCount
    }
}

/// Whether a bucket keeps old versions.
package enum BucketVersioning: Hashable, Sendable {
    case never
    case enabled
    case suspended
}
