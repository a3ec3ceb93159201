;; As the refused case of this name, but the door is closed in that case
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "channel" (func $Bell.channel (result externref)))
  (import "singula/Bell" "exp.peer" (func $Bell.exp.peer (param externref) (result externref)))
  (import "singula/Bell" "exp.abandon" (func $Bell.exp.abandon (param externref)))
  (import "singula/Bell" "imp.send.Ring" (func $Bell.imp.send.Ring (param externref)))
  (import "singula/Bell" "imp.send.Knock" (func $Bell.imp.send.Knock (param externref)))
  (import "singula/Bell" "imp.close" (func $Bell.imp.close (param externref)))
  (import "singula/Bell" "exp.next" (func $Bell.exp.next (param externref) (result i32)))
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Bell" "exp.recv.Ring" (func $Bell.exp.recv.Ring (param externref)))
  (import "singula/Bell" "exp.close" (func $Bell.exp.close (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $s externref) (local $c externref) (local $a externref) (local $t i32)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Bell.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Bell.exp.abandon (local.get $s)) (return)))
    (if (call $choose)
      (then (call $Bell.imp.send.Ring (local.get $c)))
      (else (call $Bell.imp.send.Knock (local.get $c))))
    (call $Bell.imp.close (local.get $c))
    (local.set $t (call $Bell.exp.next (local.get $s)))
    (local.set $a (call $Text.alloc (i32.const 4)))
    (if (i32.and (i32.eqz (ref.is_null (local.get $a))) (i32.ne (local.get $t) (i32.const -1)))
      (then
        (call $Text.free (local.get $a))
        (if (i32.eq (local.get $t) (i32.const 1)) (then (call $Bell.exp.abandon (local.get $s)) (return)))
        (call $Bell.exp.recv.Ring (local.get $s))
        (call $Bell.exp.close (local.get $s)))
      (else
        (call $Text.free (local.get $a))
        (call $Bell.exp.abandon (local.get $s)))))
)
