using KvmSharp.Backends;

namespace KvmSharp.Hardware;

/// <summary>What the kernel says of itself before a machine is made.</summary>
interface ISystemAnswers
{
    KvmErrno TryGetApiVersion(out int version);

    /// <summary>0, 1, or the number the capability is about.</summary>
    int Check(KvmCapability capability);
}
