using System.Collections.Generic;
using System.Linq;
using KvmSharp.Lab.Vcpus;
using KvmSharp.Lab.Vcpus.Stores;
using KvmSharp.Litmus.AccessFlush;
using KvmSharp.Litmus.DirtyMark;
using KvmSharp.Litmus.EnterGuest;
using KvmSharp.Litmus.HandOver;
using KvmSharp.Litmus.HyperV;
using KvmSharp.Litmus.Interrupts;
using KvmSharp.Litmus.Publish;
using KvmSharp.Litmus.Removal;
using KvmSharp.Litmus.Sections;
using KvmSharp.Slots.SlotTries;
using KvmSharp.Slots.TwinTrees;

namespace KvmSharp.Litmus;

/// <summary>All experiments. In each, the broken variants come first.</summary>
static class Catalogue
{
    internal static IReadOnlyList<Experiment> All { get; } =
    [
        new("access-flush", "no access uses a page after its slot was taken away", () =>
        [
            new AccessMarkCopy(withBarrier: false),
            new GuestRace(GuestRead.Word, TakenAwayBy.Nothing),
            new AccessMarkCopy(withBarrier: true),
            new GuestRace(GuestRead.Word, TakenAwayBy.Delete),
            new GuestRace(GuestRead.Word, TakenAwayBy.Move),
            new GuestRace(GuestRead.PageCopy, TakenAwayBy.Delete),
            new GuestRace(GuestRead.Compute, TakenAwayBy.Delete),
        ]),
        new("dirty-mark", "a page written while its log is drained is told now, and read, or told next time", () =>
        [
            new TwoLevelCopy(MarkOrder.LooksBefore),
            new TwoLevelCopy(MarkOrder.DrainsUpwards),
            new TwoLevelCopy(MarkOrder.SkipsMarked),
            new TwoLevelCopy(MarkOrder.Sound),
            new BitmapMark(drains: true, initiallySet: false),
            new BitmapMark(drains: true, initiallySet: true),
            new BitmapMark(drains: false, initiallySet: false),
            new BitmapMark(drains: false, initiallySet: true),
        ]),
        new("read-sections", "nothing found in a section is taken away before the section ends", () =>
        [
            new AnnouncementCopy(isAtomic: false),
            new AnnouncementCopy(isAtomic: true),
            new SectionRace(),
        ]),
        new("read-sections-single-flip", "a reader that is slow to enter is waited for", () =>
        [
            new ParkedStraggler(rounds: 1),
            new ParkedStraggler(rounds: 2),
            new CrowdedSections(),
        ]),
        new("enter-dekker", "a request is seen on entering, or its maker sees the vCPU in guest mode", () =>
        [
            new TwoWordEnter(withFences: false),
            new TwoWordEnter(withFences: true),
            new VcpuEnter(),
        ]),
        new("interrupt-sleep", "an interrupt that a vCPU has not seen has left a request, with which it does not sleep", () =>
        [
            new SleepRace(looksFirst: true),
            new SleepRace(looksFirst: false),
        ]),
        new("publish-vcpus", "who sees the count sees every vCPU, complete", () =>
        [
            new CountBeforeEntry(),
            .. VcpuStores.All.Select(design => new VcpuTablePublish(design)),
        ]),
        new("remove-vcpu", "inside a section, a number stays with the vCPU that was found by it", () =>
        [
            new HastyNumber(),
            new VcpuNumber(VcpuStores.Default),
            new VcpuNumber(RcuArrayStore.Doubling),
        ]),
        new("vcpus-moved", "no vCPU looks into an array of vCPUs after it was taken away", () =>
        [
            new HastyMove(),
            new VcpuMove(),
        ]),
        new("publish-slots", "a set of slots shows a transaction whole or not at all", () =>
        [
            new TwoStores(),
            new SlotSwap(SlotTrieStore.Design),
            new SlotSwap(TwinTreeStore.Design),
        ]),
        new("flush-hypercall", "no access is made with a translation after the flush of it has returned", () =>
        [
            new StaleTranslation(byHypercall: false),
            new StaleTranslation(byHypercall: true),
        ]),
        new("publish-vp-index", "a vCPU that changes its VP index is in a set of both", () =>
        [
            new TwoPlaces(),
            new VpMove(),
        ]),
    ];
}
