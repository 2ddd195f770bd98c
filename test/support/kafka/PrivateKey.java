import java.io.FileInputStream;
import java.security.KeyStore;
import java.util.Base64;

/** Prints the key of an alias as PEM, which keytool does not: PrivateKey KEYSTORE PASSWORD ALIAS. */
public class PrivateKey {
    public static void main(String[] args) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream in = new FileInputStream(args[0])) {
            store.load(in, args[1].toCharArray());
        }
        byte[] key = store.getKey(args[2], args[1].toCharArray()).getEncoded();
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key);
        System.out.println("-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----");
    }
}
