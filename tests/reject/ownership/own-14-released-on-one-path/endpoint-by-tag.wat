;; The line is closed after a receipt and forgotten after a returned text
;; expect: OWN_LEAK func=14 offset=0x210
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Mail {
;; contract:     in message Post(Text text);
;; contract:     out message Receipt(i32 number);
;; contract:     out message Return(Text text);
;; contract:     state Ready: one { Post? -> Posted; end; }
;; contract:     state Posted: one { Receipt! -> Ready; Return! -> Ready; }
;; contract: }
(module
  (import "singula/Mail" "channel" (func $Mail.channel (result externref)))
  (import "singula/Mail" "exp.peer" (func $Mail.exp.peer (param externref) (result externref)))
  (import "singula/Mail" "imp.send.Post" (func $Mail.imp.send.Post (param externref externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Mail" "exp.recv.Post" (func $Mail.exp.recv.Post (param externref) (result externref)))
  (import "singula/Mail" "exp.send.Receipt" (func $Mail.exp.send.Receipt (param externref i32)))
  (import "singula/Mail" "exp.send.Return" (func $Mail.exp.send.Return (param externref externref)))
  (import "singula/Mail" "exp.abandon" (func $Mail.exp.abandon (param externref)))
  (import "singula/Mail" "imp.next" (func $Mail.imp.next (param externref) (result i32)))
  (import "singula/Mail" "imp.recv.Receipt" (func $Mail.imp.recv.Receipt (param externref i32)))
  (import "singula/Mail" "imp.close" (func $Mail.imp.close (param externref)))
  (import "singula/Mail" "imp.recv.Return" (func $Mail.imp.recv.Return (param externref) (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref)
    (local.set $x (call $Mail.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Mail.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (call $Mail.imp.send.Post (local.get $e) (call $Text.new (i32.const 4)))
    (if (call $choose)
      (then (call $Text.free (call $Mail.exp.recv.Post (local.get $x))) (call $Mail.exp.send.Receipt (local.get $x) (i32.const 1)))
      (else (call $Mail.exp.send.Return (local.get $x) (call $Mail.exp.recv.Post (local.get $x)))))
    (call $Mail.exp.abandon (local.get $x))
    (if (i32.eq (call $Mail.imp.next (local.get $e)) (i32.const 1))
      (then
        (call $Mail.imp.recv.Receipt (local.get $e) (i32.const 16))
        (call $Mail.imp.close (local.get $e)))
      (else
        (call $Text.free (call $Mail.imp.recv.Return (local.get $e)))
        ;; refused here: at the end
      )))
)
