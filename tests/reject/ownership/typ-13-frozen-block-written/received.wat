;; A block that was received frozen is written
;; expect: TYP_FROZEN func=13 offset=0x1b1
;; monitor: MON_TYPE
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
  (import "singula/Page" "new" (func $page (result externref)))
  (import "singula/Page" "must.put" (func $must (param externref externref)))
  (import "singula/Text" "new" (func $text (param i32) (result externref)))
  (import "singula/Press" "channel" (func $chan (result externref)))
  (import "singula/Press" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/Press" "imp.send.Print" (func $print (param externref externref)))
  (import "singula/Page" "freeze" (func $pfreeze (param externref) (result externref)))
  (import "singula/Press" "exp.recv.Print" (func $rprint (param externref) (result externref)))
  (import "singula/Page" "number.set" (func $nset (param externref i32)))
  (import "singula/Page" "free" (func $pfree (param externref)))
  (import "singula/Press" "imp.abandon" (func $iabandon (param externref)))
  (import "singula/Press" "exp.abandon" (func $eabandon (param externref)))
  (memory 1)
  (func $full (result externref) (local $p externref)
    (local.set $p (call $page)) (call $must (local.get $p) (call $text (i32.const 4))) (local.get $p))
  (func $main (export "main") (local $a externref) (local $e externref) (local $i externref) (local $n i32)
    (local.set $e (call $chan)) (if (ref.is_null (local.get $e)) (then (return)))
    (local.set $i (call $peer (local.get $e))) (if (ref.is_null (local.get $i)) (then (unreachable))) (call $print (local.get $i) (call $pfreeze (call $full))) (local.set $a (call $rprint (local.get $e))) (call $nset (local.get $a) (i32.const 1)) (call $pfree (local.get $a)) (call $iabandon (local.get $i)) (call $eabandon (local.get $e)))
)
