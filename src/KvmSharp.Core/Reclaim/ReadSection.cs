namespace KvmSharp.Reclaim;

/// <summary>A read section that is open until it is disposed. It cannot leave the method, nor the thread, that holds it.</summary>
public ref struct ReadSection
{
    readonly int _stripe;
    readonly int _set;
    ReadSections? _sections;

    internal ReadSection(ReadSections sections, int stripe, int set)
    {
        _sections = sections;
        _stripe = stripe;
        _set = set;
    }

    /// <summary>Ends the section. A second call does nothing.</summary>
    public void Dispose()
    {
        ReadSections? sections = _sections;
        _sections = null;
        sections?.Leave(_stripe, _set);
    }
}
