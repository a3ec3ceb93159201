;; As the refused case of this name, but it is answered and abandoned
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Mail {
;; contract:     in message Post(Text text);
;; contract:     out message Receipt(i32 number);
;; contract:     out message Return(Text text);
;; contract:     state Ready: one { Post? -> Posted; end; }
;; contract:     state Posted: one { Receipt! -> Ready; Return! -> Ready; }
;; contract: }
;; contract: block Sack { client: exp Mail:Posted; next: Sack; }
(module
  (import "singula/Mail" "channel" (func $Mail.channel (result externref)))
  (import "singula/Mail" "exp.peer" (func $Mail.exp.peer (param externref) (result externref)))
  (import "singula/Mail" "imp.send.Post" (func $Mail.imp.send.Post (param externref externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Mail" "exp.recv.Post" (func $Mail.exp.recv.Post (param externref) (result externref)))
  (import "singula/Sack" "new" (func $Sack.new (result externref)))
  (import "singula/Sack" "client.put" (func $Sack.client.put (param externref externref)))
  (import "singula/Sack" "client.take" (func $Sack.client.take (param externref) (result externref)))
  (import "singula/Mail" "exp.send.Receipt" (func $Mail.exp.send.Receipt (param externref i32)))
  (import "singula/Sack" "free" (func $Sack.free (param externref)))
  (import "singula/Mail" "imp.abandon" (func $Mail.imp.abandon (param externref)))
  (import "singula/Mail" "exp.abandon" (func $Mail.exp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref) (local $s externref)
    (local.set $x (call $Mail.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Mail.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (call $Mail.imp.send.Post (local.get $e) (call $Text.new (i32.const 4)))
    (call $Text.free (call $Mail.exp.recv.Post (local.get $x)))
    (local.set $s (call $Sack.new))
    (call $Sack.client.put (local.get $s) (local.get $x))
    (local.set $x (call $Sack.client.take (local.get $s)))
    (if (i32.eqz (ref.is_null (local.get $x)))
      (then
        (call $Mail.exp.send.Receipt (local.get $x) (i32.const 1))
        (call $Mail.exp.abandon (local.get $x))
      ))
    (call $Sack.free (local.get $s))
    (call $Mail.imp.abandon (local.get $e)))
)
