;; What comes out of a slot is used without a test
;; expect: OWN_MAYBE_NULL func=3 offset=0x8d
;; monitor: MON_NULL
;; contract: block Text { bytes: u8[]; }
;; contract: block Page { must: Text!; side: Text; cover: frozen Text; number: u32; }
;; contract: slots Page[4];
;; contract: slots frozen Page[4];
;; contract: slots exp Press:Idle[2];
;; contract: contract Press {
;; contract:     in message Print(frozen Page page);
;; contract:     out message Done();
;; contract:     state Idle: one { Print? -> Busy; end; }
;; contract:     state Busy: Done! -> Idle;
;; contract: }
(module
  (import "singula/Page" "slot.swap" (func $swap (param i32 externref) (result externref)))
  (import "singula/Page" "number.get" (func $number (param externref) (result i32)))
  (import "singula/Page" "free" (func $pfree (param externref)))
  (memory 1)
  (func $main (export "main") (local $a externref) (local $n i32)
    (local.set $a (call $swap (i32.const 0) (ref.null extern))) (drop (call $number (local.get $a))) (call $pfree (local.get $a)))
)
