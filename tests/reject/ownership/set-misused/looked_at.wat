;; An end is added whose next message was looked at
;; expect: TYP_ENDPOINT_STATE func=13 offset=0x1d7
;; monitor: MON_STATE
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
  (import "singula/Press" "set.exp.Idle.new" (func $snew (result externref)))
  (import "singula/Press" "imp.send.Print" (func $print (param externref externref)))
  (import "singula/Page" "freeze" (func $pfreeze (param externref) (result externref)))
  (import "singula/Press" "exp.next" (func $next (param externref) (result i32)))
  (import "singula/Press" "set.exp.Idle.add" (func $sadd (param externref externref i64)))
  (import "singula/Press" "set.exp.Idle.free" (func $sfree (param externref)))
  (import "singula/Press" "imp.abandon" (func $iabandon (param externref)))
  (memory 1)
  (func $full (result externref) (local $p externref)
    (local.set $p (call $page)) (call $must (local.get $p) (call $text (i32.const 4))) (local.get $p))
  (func $main (export "main") (local $e externref) (local $i externref) (local $s externref) (local $n i32)
    (local.set $e (call $chan)) (if (ref.is_null (local.get $e)) (then (return)))
    (local.set $i (call $peer (local.get $e))) (if (ref.is_null (local.get $i)) (then (unreachable))) (local.set $s (call $snew)) (if (ref.is_null (local.get $s)) (then (unreachable))) (call $print (local.get $i) (call $pfreeze (call $full))) (drop (call $next (local.get $e))) (call $sadd (local.get $s) (local.get $e) (i64.const 1)) (call $sfree (local.get $s)) (call $iabandon (local.get $i)))
)
