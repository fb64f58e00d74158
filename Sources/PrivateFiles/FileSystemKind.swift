import CSystemCalls
import Glibc

/// The file system that a path is on, as far as SQLite's write-ahead log cares: its shared memory
/// works within one host only.
package struct FileSystemKind: Equatable, Sendable {
    /// The name of a file system that several hosts may share, or nil for a local one.
    package let networkName: String?

    package init(networkName: String?) { self.networkName = networkName }

    /// Looks at the file system of an existing path. What cannot be told counts as local.
    package init(at path: String) {
        var status = statfs()
        guard statfs(path, &status) == 0 else {
            self.init(networkName: nil)
            return
        }
        let magic = UInt32(truncatingIfNeeded: status.f_type)
        if magic == Self.fuseMagic {
            self.init(networkName: Self.networkFuse(at: path))
        } else {
            self.init(networkName: Self.networkNames[magic])
        }
    }

    /// From `linux/magic.h` and the file systems' own headers.
    private static let networkNames: [UInt32: String] = [
        0x6969: "NFS", 0x517B: "SMB", 0xFE53_4D42: "SMB", 0xFF53_4D42: "CIFS",
        0x0102_1997: "9P", 0x00C3_6400: "Ceph", 0x5346_414F: "AFS", 0x7375_7245: "Coda",
        0x0116_1970: "GFS2", 0x7461_636F: "OCFS2", 0x0BD0_0BD0: "Lustre", 0x4750_4653: "GPFS",
        0x1983_0326: "BeeGFS", 0x6B41_4653: "AFS", 0x013C_0C57: "vboxsf", 0xBACB_ACBC: "vmhgfs",
    ]

    private static let fuseMagic: UInt32 = 0x6573_5546

    /// FUSE is local for NTFS or an encrypted folder and remote for sshfs: its type's name tells.
    private static func networkFuse(at path: String) -> String? {
        guard let table = setmntent("/proc/self/mounts", "r") else { return nil }
        defer { endmntent(table) }
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        let target = String(cString: resolved)
        var best: (mountPoint: String, type: String)?
        while let entry = getmntent(table) {
            let mountPoint = String(cString: entry.pointee.mnt_dir)
            let isAbove =
                mountPoint == "/" || target == mountPoint || target.hasPrefix(mountPoint + "/")
            if isAbove, mountPoint.utf8.count >= best?.mountPoint.utf8.count ?? 0 {
                best = (mountPoint, String(cString: entry.pointee.mnt_type))
            }
        }
        guard let type = best?.type, type.hasPrefix("fuse.") else { return nil }
        let name = String(type.dropFirst("fuse.".count))
        let isRemote = remoteFuseNames.contains { name.hasPrefix($0) }
        return isRemote ? name : nil
    }

    private static let remoteFuseNames = [
        "sshfs", "s3fs", "rclone", "gluster", "ceph", "goofys", "gcsfuse", "blobfuse", "juicefs",
        "curlftpfs", "davfs", "mount-s3", "moosefs", "mfs", "lizardfs", "seaweedfs", "afp",
    ]
}
