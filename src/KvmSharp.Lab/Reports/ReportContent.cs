using System;
using System.Collections.Generic;
using KvmSharp.Lab.Reports.AddressSpace;
using KvmSharp.Lab.Results;

namespace KvmSharp.Lab.Reports;

/// <summary>What a report is made of.</summary>
/// <param name="Files">The runs, in the order in which they are shown.</param>
/// <param name="Vocabulary">What their names mean.</param>
/// <param name="Made">When the report was made.</param>
/// <param name="Command">The command line that made it.</param>
/// <param name="Program">The machine and the sources that made it.</param>
/// <param name="Map">An address space to draw; none where the host had no memory for one.</param>
public sealed record ReportContent(
    IReadOnlyList<ResultFile> Files,
    ResultVocabulary Vocabulary,
    DateTimeOffset Made,
    string Command,
    MachineDescription Program,
    AddressSpaceSnapshot? Map);
