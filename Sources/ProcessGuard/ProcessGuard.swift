import CSystemCalls
package import Glibc

/// What this process does, before it touches a secret, so that none of its memory can end up in a
/// file or on a screen.
package enum ProcessGuard {
    /// Makes the process not dumpable, so that no core is written and no process of the same user
    /// can read its memory or its environment; sets the soft core limit to zero, for systems whose
    /// `core_pattern` pipes to a program; and takes the crash signals over from Swift's crash
    /// reporter, which prints memory.
    ///
    /// Call it on the main thread, first of all. Returns how to undo what an `exec` would hand on to
    /// another program.
    package static func engage() throws(ProcessGuardError) -> Inheritance {
        guard csystem_set_not_dumpable() == 0 else { throw .notDumpable(errno) }
        var original = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &original) == 0 else {
            throw .coreLimit(errno)
        }
        var none = original
        none.rlim_cur = 0
        guard setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0 else {
            throw .coreLimit(errno)
        }
        guard csystem_take_over_crash_signals() == 0 else { throw .signals(errno) }
        var mask = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &mask)
        return Inheritance(coreLimit: original, signalMask: mask)
    }

    /// What a child program must find as slipway found it.
    package struct Inheritance: Sendable {
        fileprivate let coreLimit: rlimit
        fileprivate let signalMask: sigset_t

        /// Runs the body with the signals let through that the process began with.
        package func withOriginalSignalMask<Result>(_ body: () throws -> Result) rethrows -> Result
        {
            var mask = signalMask
            var former = sigset_t()
            pthread_sigmask(SIG_SETMASK, &mask, &former)
            defer { pthread_sigmask(SIG_SETMASK, &former, nil) }
            return try body()
        }

        /// Runs the body, which starts another program, with the core limit that the process began
        /// with. The signal mask is the new program's to be given.
        package func withOriginalCoreLimit<Result>(
            _ body: (_ signalMask: sigset_t) throws -> Result
        ) rethrows -> Result {
            var limit = coreLimit
            var none = coreLimit
            none.rlim_cur = 0
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
            defer { setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) }
            return try body(signalMask)
        }

        /// Puts it back, for the thread that calls: threads of the Swift runtime block signals.
        /// Dumpability and signal handlers are reset by `exec` itself.
        package func restore() {
            var limit = coreLimit
            var mask = signalMask
            pthread_sigmask(SIG_SETMASK, &mask, nil)
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        }
    }
}

/// Why the process could not be guarded: the `errno` of the call that failed.
package enum ProcessGuardError: Error, Equatable, Sendable {
    case notDumpable(Int32)
    case coreLimit(Int32)
    case signals(Int32)
}
