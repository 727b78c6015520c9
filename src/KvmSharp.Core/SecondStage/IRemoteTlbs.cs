namespace KvmSharp.SecondStage;

/// <summary>Whoever caches translations of the second stage.</summary>
interface IRemoteTlbs
{
    /// <summary>
    /// Makes all of them drop what they cache. On return none can use a translation that it had before the call.
    /// </summary>
    void Flush();
}
